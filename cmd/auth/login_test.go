package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// clientSecret has characters that Basic authentication must have encoded.
const clientSecret = "a-secret+%41&=/"

// newLogin returns the options of a login whose redirect port is free.
func newLogin(t *testing.T, w *fixture) LoginOptions {
	t.Helper()
	w.Environ = append(w.Environ, clientIDVariable+"=a-client", clientSecretVariable+"="+clientSecret)
	return LoginOptions{Options: w.Options, RedirectURL: freeRedirect(t)}
}

func freeRedirect(t *testing.T) string {
	return fmt.Sprintf("http://127.0.0.1:%d/callback", freePort(t))
}

// lastPort begins at random, so that parallel processes use different ports.
var lastPort = func() *atomic.Uint32 {
	var last atomic.Uint32
	last.Store(rand.Uint32N(10_000))
	return &last
}()

// freePort returns a free port. It is below those that the system chooses, for
// the servers of other tests for example.
func freePort(t *testing.T) int {
	t.Helper()
	for {
		port := 20_000 + lastPort.Add(1)%10_000
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			listener.Close()
			return int(port)
		}
	}
}

// pageSeen is the page that a browser was redirected to.
type pageSeen struct {
	status int
	header http.Header
	body   string
}

// browser returns a browser that follows redirects; change, if not nil, alters
// the URL that it is redirected to.
func browser(t *testing.T, change func(*url.URL)) (browse func(string) error, seen <-chan pageSeen) {
	pages := make(chan pageSeen, 1)
	return func(to string) error {
		go func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
				if change != nil {
					change(r.URL)
				}
				r.Header.Set("Sec-Fetch-Mode", "navigate")
				r.Header.Set("Sec-Fetch-Dest", "document")
				return nil
			}}
			resp, err := client.Get(to)
			if err != nil {
				t.Errorf("the browser: %v", err)
				pages <- pageSeen{}
				return
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			pages <- pageSeen{resp.StatusCode, resp.Header, string(body)}
		}()
		return nil
	}, pages
}

func TestLoginInTheBrowser(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{ClientID: "a-client", ClientSecret: clientSecret})
	o := newLogin(t, w)
	browse, seen := browser(t, nil)
	var opened *url.URL
	o.Browse = func(to string) error {
		opened, _ = url.Parse(to)
		return browse(to)
	}
	if err := Login(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	page := <-seen
	if page.status != 200 || !strings.Contains(page.body, "Logged in") || strings.Contains(page.body, "<script") ||
		page.header.Get("Referrer-Policy") != "no-referrer" || page.header.Get("Cache-Control") != "no-store" ||
		!strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the browser got %+v", page)
	}
	q := opened.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "a-client" || q.Get("redirect_uri") != o.RedirectURL ||
		len(q.Get("state")) < 20 || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 {
		t.Errorf("opened %v", opened)
	}
	l := w.stored(t)
	if !w.oauth.Valid(l.AccessToken) || l.RefreshToken == "" || l.ClientID != "a-client" || l.ClientSecret != clientSecret || l.APIURL != w.APIURL {
		t.Errorf("stored %+v", l)
	}
	if left := l.left(time.Now()); left < 59*time.Minute || left > time.Hour {
		t.Errorf("it expires after %v", left)
	}
	if !strings.Contains(w.stderr(), w.path(t)) {
		t.Errorf("it does not say where the token is: %s", w.stderr())
	}
	if got := mustToken(t, w.open(t), ""); got != l.AccessToken {
		t.Error("the token is not the stored one")
	}
	for _, secret := range []string{l.AccessToken, l.RefreshToken, "a-secret"} {
		if strings.Contains(w.stderr()+page.body+opened.String(), secret) {
			t.Error("a secret is shown")
		}
	}
}

// pasting logs in with --no-browser. reply returns what is pasted for a URL.
func pasting(t *testing.T, w *fixture, o LoginOptions, reply func(loginURL string) string) error {
	t.Helper()
	r, pasted := io.Pipe()
	defer pasted.Close()
	o.NoBrowser, o.Stdin = true, r
	done := make(chan error, 1)
	go func() { done <- Login(t.Context(), o) }()
	loginURL := ""
	for found := regexp.MustCompile(`(?m)^http\S+/login\?\S+$`); loginURL == ""; runtime.Gosched() {
		loginURL = found.FindString(w.stderr())
	}
	if _, err := io.WriteString(pasted, reply(loginURL)); err != nil {
		t.Fatal(err)
	}
	return <-done
}

// ended returns the URL that a browser is redirected to.
func ended(t *testing.T, loginURL string) *url.URL {
	t.Helper()
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(mustRequest(t, loginURL))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	at, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func mustRequest(t *testing.T, to string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLoginByPaste(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		paste func(at *url.URL) string
	}{
		{"the URL", func(at *url.URL) string { return at.String() + "\n" }},
		{"the URL without a scheme", func(at *url.URL) string { return strings.TrimPrefix(at.String(), "http:") + "\n" }},
		{"the URL with blanks, after an empty line", func(at *url.URL) string { return "\n  " + at.String() + " \r\n" }},
		{"the query", func(at *url.URL) string { return at.RawQuery + "\n" }},
		{"the code", func(at *url.URL) string { return at.Query().Get("code") + "\n" }},
		{"the URL with a fragment", func(at *url.URL) string { return at.String() + "#_=_\n" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newFixture(t, serve.OAuthOptions{ClientID: "a-client", ClientSecret: clientSecret})
			o := newLogin(t, w)
			o.Browse = func(string) error { t.Error("a browser was opened"); return nil }
			err := pasting(t, w, o, func(loginURL string) string { return tt.paste(ended(t, loginURL)) })
			if err != nil || !w.oauth.Valid(w.stored(t).AccessToken) || !strings.Contains(w.stderr(), w.path(t)) {
				t.Errorf("%v\n%s", err, w.stderr())
			}
		})
	}
	t.Run("a redirect URL that is not on loopback", func(t *testing.T) {
		t.Parallel()
		w := newFixture(t, serve.OAuthOptions{RedirectURL: "https://example.com/back"})
		o := newLogin(t, w)
		o.RedirectURL = "https://example.com/back"
		if err := pasting(t, w, o, func(loginURL string) string { return ended(t, loginURL).String() + "\n" }); err != nil {
			t.Error(err)
		}
	})
}

// TestLoginFromPipe answers the prompts from a pipe, which echoes nothing. What
// follows a prompt must begin on a new line.
func TestLoginFromPipe(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{ClientID: "a-client", ClientSecret: clientSecret})
	o := newLogin(t, w)
	o.Environ = slices.DeleteFunc(slices.Clone(o.Environ), func(v string) bool { return strings.HasPrefix(v, "RESTREAM_CLIENT_") })
	o.NoBrowser, o.Stdin = true, strings.NewReader("a-client\n"+clientSecret+"\na-code")
	if err := Login(t.Context(), o); err == nil {
		t.Error("a code that was never granted is accepted")
	}
	for _, want := range []string{"Client id: \nClient secret: \nOpen this URL", "or the code in it: \n"} {
		if !strings.Contains(w.stderr(), want) {
			t.Errorf("%q is missing:\n%s", want, w.stderr())
		}
	}
	if strings.HasSuffix(w.stderr(), "\n\n") {
		t.Errorf("two line ends:\n%q", w.stderr())
	}
}

func TestLoginAtEndOfPaste(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	o.NoBrowser = true
	err := Login(t.Context(), o)
	wantError(t, err, statusUnauthorized, false, "nothing was pasted")

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	r, pipe := io.Pipe()
	defer pipe.Close()
	o.Stdin = r
	if err := Login(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	o.NoBrowser = false
	if err := Login(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled with a browser: %v", err)
	}
}

// TestLoginFails checks that each failure is one line, and that nothing is stored.
func TestLoginFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		oauth     serve.OAuthOptions
		change    func(*url.URL)
		status    int
		temporary bool
		says      []string
	}{
		{"denied", serve.OAuthOptions{Deny: true}, nil, statusUnauthorized, false, []string{"denied"}},
		{"denied in the standard's way", serve.OAuthOptions{}, replace("code", "", "error", "access_denied"), statusUnauthorized, false, []string{"denied", "access_denied"}},
		{"a wrong state", serve.OAuthOptions{}, replace("state", "another"), statusUnauthorized, false, []string{"another login", "state"}},
		{"no state", serve.OAuthOptions{}, replace("state", ""), statusUnauthorized, false, []string{"another login", "state"}},
		{"no code", serve.OAuthOptions{}, replace("code", ""), statusUnauthorized, false, []string{"without a code"}},
		{"a code that is none", serve.OAuthOptions{}, replace("code", "MARKED two"), statusUnauthorized, false, []string{"without a code"}},
		{"a wrong code", serve.OAuthOptions{Echo: true}, replace("code", "MARKED-CODE"), statusUnauthorized, false, []string{"not accepted", "invalid_grant", "redirect URL"}},
		{"a wrong secret", serve.OAuthOptions{ClientSecret: "right", Echo: true}, nil, statusUnauthorized, false, []string{"client id", "client secret", "wrong"}},
	}
	for _, tt := range tests {
		for _, way := range []string{"browser", "paste"} {
			if way == "browser" && slices.Contains(tt.says, "another login") {
				continue // does not end the login; see TestOtherCallbacks
			}
			t.Run(tt.name+", "+way, func(t *testing.T) {
				t.Parallel()
				w := newFixture(t, tt.oauth)
				o := newLogin(t, w)
				var err error
				if way == "paste" {
					err = pasting(t, w, o, func(loginURL string) string {
						at := ended(t, loginURL)
						if tt.change != nil {
							tt.change(at)
						}
						return at.String() + "\n"
					})
				} else {
					browse, seen := browser(t, func(u *url.URL) {
						if tt.change != nil {
							tt.change(u)
						}
					})
					o.Browse = browse
					err = Login(t.Context(), o)
					if page := <-seen; page.status != 400 || !strings.Contains(page.body, "Not logged in") || strings.Contains(page.body, "MARKED") {
						t.Errorf("the browser got %+v", page)
					}
				}
				wantError(t, err, tt.status, tt.temporary, tt.says...)
				if strings.Contains(err.Error()+w.stderr(), "MARKED") || strings.Contains(err.Error()+w.stderr(), "a-secret") {
					t.Errorf("a secret is shown: %v\n%s", err, w.stderr())
				}
				if _, err := os.Stat(w.path(t)); err == nil {
					t.Error("there is a store")
				}
			})
		}
	}
}

// replace sets parameters of the query; "" takes one away.
func replace(pairs ...string) func(*url.URL) {
	return func(u *url.URL) {
		q := u.Query()
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
			if pairs[i+1] == "" {
				q.Del(pairs[i])
			}
		}
		u.RawQuery = q.Encode()
	}
}

// TestMissingScope logs in with an application that may not read chats.
func TestMissingScope(t *testing.T) {
	t.Parallel()
	for scope, enough := range map[string]bool{
		`"scope":"channel.read stream.read"`:     false,
		`"scope":"chat.reader"`:                  false,
		`"scope":""`:                             false,
		`"scopes":["profile.read"]`:              false,
		`"scopes":[]`:                            false,
		`"scope":["profile.read"]`:               false,
		`"scope":"profile.read chat.read"`:       true,
		`"scope":"profile.read,chat.read"`:       true,
		`"scopes":["chat.read"]`:                 true,
		`"scope":null`:                           true,
		`"scope":null,"scopes":["profile.read"]`: false,
		`"scope":7`:                              true,
		`"token_type":"Bearer"`:                  true,
	} {
		w := newFixture(t, serve.OAuthOptions{})
		o := newLogin(t, w)
		w.intercept(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == serve.TokenPath {
				io.WriteString(rw, `{"access_token":"MARKED-1","refresh_token":"MARKED-2","expires_in":3600,`+scope+`}`)
			}
			return r.URL.Path == serve.TokenPath
		})
		err := pasting(t, w, o, func(loginURL string) string { return ended(t, loginURL).String() + "\n" })
		if enough {
			if err != nil || w.stored(t).AccessToken != "MARKED-1" {
				t.Errorf("%s: %v", scope, err)
			}
			continue
		}
		wantError(t, err, statusUnauthorized, false, "chat.read", "https://developers.restream.io", "restail login")
		if strings.Contains(err.Error(), "MARKED") || strings.Contains(w.stderr(), "Logged in") {
			t.Errorf("%s: %v\n%s", scope, err, w.stderr())
		}
		w.wantGone(t)
	}
}

// TestWrongClient has services that refuse the client id or the secret in different ways.
func TestWrongClient(t *testing.T) {
	t.Parallel()
	for status, body := range map[int]string{400: `{"error":"invalid_client"}`, 401: `{"error":{"name":"unauthorized","statusCode":401}}`, 200: `{"error":"invalid_client"}`} {
		w := newFixture(t, serve.OAuthOptions{})
		w.intercept(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == serve.TokenPath {
				rw.WriteHeader(status)
				io.WriteString(rw, body)
			}
			return r.URL.Path == serve.TokenPath
		})
		err := pasting(t, w, newLogin(t, w), func(loginURL string) string { return ended(t, loginURL).String() + "\n" })
		wantError(t, err, statusUnauthorized, false, "the client id or the client secret is wrong")
		w.wantGone(t)
	}
}

func TestLoginWhileTheAPIIsDown(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.oauth.Fail(503)
	o := newLogin(t, w)
	o.Browse, _ = browser(t, nil)
	wantError(t, Login(t.Context(), o), statusFailed, true, "cannot log in now", "503 Service Unavailable")
}

func TestSecondLogin(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	o := newLogin(t, w)
	for n := range 2 {
		var seen <-chan pageSeen
		o.RedirectURL = freeRedirect(t) // a child that is being forked may still hold the last one
		o.Browse, seen = browser(t, nil)
		if err := Login(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		<-seen
		if l := w.stored(t); l.Serial != uint64(n+1) || !w.oauth.Valid(l.AccessToken) {
			t.Errorf("login %d stored %+v", n+1, l)
		}
	}
	if err := os.WriteFile(w.path(t), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen <-chan pageSeen
	o.RedirectURL = freeRedirect(t)
	o.Browse, seen = browser(t, nil)
	if err := Login(t.Context(), o); err != nil || !w.oauth.Valid(w.stored(t).AccessToken) {
		t.Fatalf("over a damaged store: %v", err)
	}
	<-seen
}
