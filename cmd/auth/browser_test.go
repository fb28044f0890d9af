package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/serve"
)

func TestTakenPort(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	o.Browse = func(string) error { t.Error("a browser was opened"); return nil }
	o.RedirectURL = fmt.Sprintf("http://localhost:%d/", listener.Addr().(*net.TCPAddr).Port)
	wantError(t, Login(t.Context(), o), statusFailed, false, "taken", "--redirect-url", "--no-browser")
}

func TestRedirectURL(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	tests := []struct {
		url                string
		browser, noBrowser bool
	}{
		{"http://127.0.0.1:8976/callback", true, true},
		{"http://localhost:8976", true, true},
		{"http://[::1]:8976/a/b?c=d", true, true},
		{"http://127.0.0.1/callback", false, true},
		{"http://127.0.0.1:0/callback", false, true},
		{"https://127.0.0.1:8976/callback", false, true},
		{"http://192.168.0.1:8976/callback", false, true},
		{"https://example.com/back", false, true},
		{"app://back", false, false},
		{"127.0.0.1:8976", false, false},
		{"/callback", false, false},
		{"http://me:word@127.0.0.1:8976/", false, false},
		{"http://127.0.0.1:8976/#x", false, false},
		{"", false, false},
		{"\x00", false, false},
	}
	for _, tt := range tests {
		for noBrowser, ok := range map[bool]bool{false: tt.browser, true: tt.noBrowser} {
			err := Login(t.Context(), LoginOptions{Options: w.Options, RedirectURL: tt.url, NoBrowser: noBrowser})
			if ok { // it goes on to the first prompt
				wantError(t, err, statusUnauthorized, false, "no client id")
			} else {
				wantError(t, err, statusUsage, false, "--redirect-url")
			}
		}
	}
}

func TestCallbackAnswersNothingElse(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	base := strings.TrimSuffix(o.RedirectURL, "/callback")
	browse, seen := browser(t, nil)
	o.Browse = func(loginURL string) error {
		for _, tt := range []struct {
			method, path string
			status       int
		}{{"GET", "/", 404}, {"GET", "/favicon.ico", 404}, {"GET", "/callback/", 404}, {"POST", "/callback?code=x", 405}, {"HEAD", "/callback", 405}} {
			r, _ := http.NewRequestWithContext(t.Context(), tt.method, base+tt.path, nil)
			resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Error(err)
				continue
			}
			resp.Body.Close()
			if resp.StatusCode != tt.status {
				t.Errorf("%s %s: %d, want %d", tt.method, tt.path, resp.StatusCode, tt.status)
			}
		}
		return browse(loginURL)
	}
	if err := Login(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	<-seen
	if resp, err := http.Get(o.RedirectURL); err == nil {
		resp.Body.Close()
		t.Error("the port is still open after the login")
	}
}

// visit sends a request that some web page makes the browser send.
func visit(t *testing.T, to, host string, header ...string) int {
	t.Helper()
	r := mustRequest(t, to)
	if host != "" {
		r.Host = host
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestOtherCallbacks sends requests that do not end the login.
func TestOtherCallbacks(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	browse, seen := browser(t, nil)
	o.Browse = func(loginURL string) error {
		at := ended(t, loginURL) // with the right state
		for name, status := range map[string]int{
			"no parameters, no headers":    visit(t, o.RedirectURL, ""),
			"no parameters, fetched":       visit(t, o.RedirectURL, "", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "empty"),
			"no parameters, no navigation": visit(t, o.RedirectURL, "", "Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "document"),
			"no parameters, an image":      visit(t, o.RedirectURL, "", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"),
			"no parameters, in a frame":    visit(t, o.RedirectURL, "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"),
			"no parameters, prerendered":   visit(t, o.RedirectURL, "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Purpose", "prefetch;prerender"),
			"no parameters, other Host":    visit(t, o.RedirectURL, "rebound.example", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"),
			"the answer, other Host":       visit(t, at.String(), "rebound.example:"+at.Port()),
			"the answer, other port":       visit(t, at.String(), "127.0.0.1:1"),
			"a wrong state":                visit(t, o.RedirectURL+"?code=x&state=y", "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"),
			"no state":                     visit(t, o.RedirectURL+"?code=x", "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"),
			"an error with no state":       visit(t, o.RedirectURL+"?error=access_denied", "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"),
			"nonsense":                     visit(t, o.RedirectURL+"?x", "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"),
		} {
			if status != http.StatusBadRequest {
				t.Errorf("%s: status %d", name, status)
			}
		}
		if w.requests() != 0 {
			t.Errorf("%d requests to the API", w.requests())
		}
		return browse(loginURL)
	}
	if err := Login(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if page := <-seen; page.status != http.StatusOK {
		t.Errorf("the browser got %+v", page)
	}
}

// TestDenialWithAQuery has a redirect URL with a parameter of its own.
func TestDenialWithAQuery(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{Deny: true})
	o := newLogin(t, w)
	o.RedirectURL += "?app=mine"
	o.Browse, _ = browser(t, nil)
	wantError(t, Login(t.Context(), o), statusUnauthorized, false, "denied")
}

// TestLocalhost has browsers that resolve localhost to either address.
func TestLocalhost(t *testing.T) {
	t.Parallel()
	if listener, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip(err)
	} else {
		listener.Close()
	}
	for _, address := range []string{"127.0.0.1", "[::1]"} {
		w := newFixture(t, serve.OAuthOptions{})
		o := newLogin(t, w)
		port := freePort(t)
		o.RedirectURL = fmt.Sprintf("http://localhost:%d/callback", port)
		status := make(chan int, 1)
		o.Browse = func(loginURL string) error {
			at := ended(t, loginURL)
			host := at.Host
			at.Host = fmt.Sprintf("%s:%d", address, port)
			go func() { status <- visit(t, at.String(), host) }()
			return nil
		}
		if err := Login(t.Context(), o); err != nil || <-status != http.StatusOK {
			t.Errorf("%s: %v", address, err)
		}
	}

	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	other, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	o.RedirectURL = fmt.Sprintf("http://localhost:%d/", other.Addr().(*net.TCPAddr).Port)
	wantError(t, Login(t.Context(), o), statusFailed, false, "taken")
}

// TestReload checks that a reload shows the same page and does not use the code
// again.
func TestReload(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	f, err := newFlow(&o)
	if err != nil {
		t.Fatal(err)
	}
	f.app = application{"a-client", clientSecret}
	at := ended(t, f.url())
	c := &callback{flow: f, ctx: t.Context(), done: make(chan error, 1)}
	for range 2 {
		var body bytes.Buffer
		rec := &recorder{header: http.Header{}, body: &body}
		c.ServeHTTP(rec, mustRequest(t, at.String()))
		if !strings.Contains(body.String(), "Logged in") {
			t.Errorf("got %s", body.String())
		}
	}
	if w.requests() != 1 {
		t.Errorf("%d requests", w.requests())
	}
}

// TestDefaultPort has a browser that leaves the port of HTTP out of the Host.
func TestDefaultPort(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	o.RedirectURL = "http://127.0.0.1:80/callback"
	f, err := newFlow(&o)
	if err != nil {
		t.Fatal(err)
	}
	f.app = application{"a-client", clientSecret}
	c := &callback{flow: f, ctx: t.Context(), done: make(chan error, 1)}
	for host, want := range map[string]int{"127.0.0.1": http.StatusOK, "127.0.0.1:80": http.StatusOK, "127.0.0.1:81": http.StatusBadRequest, "localhost": http.StatusBadRequest} {
		r := mustRequest(t, ended(t, f.url()).String())
		r.Host = host
		rec := httptest.NewRecorder()
		c.ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%s: status %d", host, rec.Code)
		}
	}
}

// TestRedirectWithoutAPath logs in with a redirect URL that is only a host and a port.
func TestRedirectWithoutAPath(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	o.RedirectURL = strings.TrimSuffix(o.RedirectURL, "/callback")
	browse, seen := browser(t, nil)
	o.Browse = browse
	if err := Login(t.Context(), o); err != nil || (<-seen).status != http.StatusOK {
		t.Error(err)
	}
}

type recorder struct {
	header http.Header
	body   io.Writer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorder) WriteHeader(int)             {}

func TestNoBrowserToOpen(t *testing.T) {
	t.Parallel()
	for _, browse := range []func(string) error{nil, func(string) error { return errors.New("none") }} {
		w := newFixture(t, serve.OAuthOptions{})
		o := newLogin(t, w)
		o.Browse = browse
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- Login(ctx, o) }()
		for !strings.Contains(w.stderr(), "/login?") {
			runtime.Gosched()
		}
		cancel()
		<-done
		if got := w.stderr(); !strings.Contains(got, "Open this URL") || !strings.Contains(got, "--no-browser") || strings.Contains(got, "browser opens") {
			t.Errorf("said %q", got)
		}
	}
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	type want struct{ id, secret string }
	known := &login{ClientID: "old-id", ClientSecret: "old-secret", AccessToken: "a"}
	tests := []struct {
		name    string
		environ []string
		stored  *login
		stdin   string
		hidden  string // what the terminal reads without echo, "" for no terminal
		want    want
		says    string
	}{
		{"both", nil, nil, " an-id \na-secret\n", "", want{"an-id", "a-secret"}, "Client id: \nClient secret: \n"},
		{"without echo", nil, nil, "an-id\n", "a-secret\n", want{"an-id", "a-secret"}, "Client id: Client secret: \n"},
		{"id from the environment", []string{clientIDVariable + "= env-id "}, nil, "a-secret", "", want{"env-id", "a-secret"}, "Client secret: \n"},
		{"secret from the environment", []string{clientSecretVariable + "=env-secret"}, nil, "an-id\n", "", want{"an-id", "env-secret"}, "Client id: \n"},
		{"as last time", nil, known, "\n\n", "", want{"old-id", "old-secret"}, "Client id [old-id]: \nClient secret [the stored one]: \n"},
		{"as last time, at the end of stdin", nil, known, "", "", want{"old-id", "old-secret"}, "Client id [old-id]: \nClient secret [the stored one]: \n"},
		{"another application", nil, known, "new-id\nnew-secret\n", "", want{"new-id", "new-secret"}, "Client id [old-id]: \nClient secret: \n"},
		{"an id that is the secret", nil, &login{ClientID: "old-secret", ClientSecret: "old-secret", AccessToken: "a"}, "\n\n", "",
			want{"old-secret", "old-secret"}, "Client id [[redacted]]: \nClient secret [the stored one]: \n"},
		{"an id that is the secret of the environment", []string{clientSecretVariable + "=env-secret"}, &login{ClientID: "env-secret", AccessToken: "a"}, "\n", "",
			want{"env-secret", "env-secret"}, "Client id [[redacted]]: \n"},
		{"nothing", nil, nil, "", "", want{}, "Client id: \n"},
		{"no secret", nil, known, "new-id\n", "", want{}, "Client id [old-id]: \nClient secret: \n"},
	}
	for _, tt := range tests {
		w := newFixture(t, serve.OAuthOptions{})
		if tt.stored != nil {
			w.put(t, tt.stored)
		}
		o := LoginOptions{Options: w.Options, RedirectURL: "http://127.0.0.1:1/"}
		o.Environ = append(o.Environ, tt.environ...)
		o.Stdin = strings.NewReader(tt.stdin)
		if tt.hidden != "" {
			o.ReadSecret = func(context.Context) (string, error) { return tt.hidden, nil }
		}
		f, err := newFlow(&o)
		if err != nil {
			t.Fatal(err)
		}
		app, err := f.application(t.Context())
		if tt.want == (want{}) {
			wantError(t, err, statusUnauthorized, false, clientIDVariable, clientSecretVariable)
		} else if app != application(tt.want) || err != nil {
			t.Errorf("%s: %+v, %v", tt.name, app, err)
		} else if got := w.Secrets.Text(app.secret); got != redact.Mark {
			t.Errorf("%s: the secret is shown as %s", tt.name, got)
		}
		if w.stderr() != tt.says {
			t.Errorf("%s: asked %q, want %q", tt.name, w.stderr(), tt.says)
		}
	}
	w := newFixture(t, serve.OAuthOptions{})
	w.Stdin = iotest.ErrReader(errors.New("a bad line"))
	w.put(t, known)
	err := Login(t.Context(), LoginOptions{Options: w.Options, RedirectURL: "http://127.0.0.1:1/"})
	wantError(t, err, statusFailed, false, "client id", "a bad line")

	r, pipe := io.Pipe()
	defer pipe.Close()
	w.Stdin = r
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	err = Login(ctx, LoginOptions{Options: w.Options, RedirectURL: "http://127.0.0.1:1/"})
	if !errors.Is(err, context.Canceled) || w.requests() != 0 {
		t.Errorf("cancelled: %v after %d requests", err, w.requests())
	}
}
