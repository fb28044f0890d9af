package cmd

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/cmd/serve"
)

// account is a Restream with one user, and the environment of that user.
type account struct {
	oauth   *serve.OAuth
	server  *httptest.Server
	environ []string
	// accept says whether a token is valid; nil accepts the tokens of the OAuth
	// server. before gets each request first, and reports whether it answered.
	accept func(token string) bool
	before func(http.ResponseWriter, *http.Request) bool
}

func newAccount(t *testing.T, o serve.OAuthOptions) *account {
	t.Helper()
	a := &account{oauth: serve.NewOAuth(o)}
	chat := serve.New(serve.Options{Other: a.oauth, Accept: func(token string) bool {
		if a.accept != nil {
			return a.accept(token)
		}
		return a.oauth.Valid(token)
	}})
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.before == nil || !a.before(w, r) {
			chat.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		chat.Shutdown(context.WithoutCancel(t.Context()))
		a.server.Close()
	})
	a.environ = []string{
		"XDG_STATE_HOME=" + t.TempDir(), "RESTREAM_CLIENT_ID=an-application", "RESTREAM_CLIENT_SECRET=its-long-secret",
		"RESTAIL_API_URL=" + a.server.URL, "RESTAIL_URL=ws" + strings.TrimPrefix(a.server.URL, "http") + serve.Path,
		"RESTAIL_MAX_BACKOFF=10ms",
	}
	return a
}

// run runs the program for the user.
func (a *account) run(t *testing.T, args ...string) result {
	t.Helper()
	return runWith(t, "", a.environ, args)
}

// login logs the user in with --no-browser. change alters the pasted URL.
func (a *account) login(t *testing.T, change func(*url.URL)) result {
	t.Helper()
	stdin, paste := io.Pipe()
	defer paste.Close()
	var stdout bytes.Buffer
	var stderr syncBuffer
	status := make(chan int, 1)
	go func() {
		status <- Run(t.Context(), []string{"login", "--no-browser"}, Env{Stdin: stdin, Stdout: &stdout, Stderr: &stderr, Environ: a.environ})
	}()
	address := ""
	eventually(t, func() bool {
		address = regexp.MustCompile(`(?m)^http\S+$`).FindString(stderr.String())
		return address != ""
	})
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	ended, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(ended)
	}
	fmt.Fprintln(paste, ended)
	return result{<-status, stdout.String(), stderr.String()}
}

func (a *account) store() string {
	return filepath.Join(strings.TrimPrefix(a.environ[0], "XDG_STATE_HOME="), "restail", "token.json")
}

// A login, its use and its logout. The tokens expire in less than five minutes, so that
// every use refreshes them.
func TestAccount(t *testing.T) {
	t.Parallel()
	a := newAccount(t, serve.OAuthOptions{ClientID: "an-application", ClientSecret: "its-long-secret", Expiry: 4 * time.Minute})
	in := a.login(t, nil)
	in.want(t, statusDone, a.store())
	if in.stdout != "" {
		t.Errorf("login wrote %q to stdout", in.stdout)
	}
	first := a.run(t, "token")
	first.want(t, statusDone)
	if token, alone := strings.CutSuffix(first.stdout, "\n"); !alone || !a.oauth.Valid(token) || first.stderr != "" {
		t.Errorf("token printed %q and said %q", first.stdout, first.stderr)
	}
	if a.oauth.Refreshes() != 1 {
		t.Errorf("%d refreshes", a.oauth.Refreshes())
	}
	a.run(t, "-n", "3").want(t, statusDone)
	if a.oauth.Refreshes() != 2 || a.oauth.Valid(strings.TrimSpace(first.stdout)) {
		t.Errorf("%d refreshes", a.oauth.Refreshes())
	}
	a.run(t, "connections", "--settle=50ms").want(t, statusDone)
	out := a.run(t, "logout")
	out.want(t, statusDone, "Logged out")
	a.run(t, "token").want(t, statusUnauthorized, "restail login")
	a.run(t, "-o", "text").want(t, statusUnauthorized, "restail login")
}

func TestLoginFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options serve.OAuthOptions
		change  func(*url.URL)
		says    string
	}{
		"denied":         {serve.OAuthOptions{Deny: true}, nil, "denied"},
		"a wrong state":  {serve.OAuthOptions{}, func(u *url.URL) { u.RawQuery = "state=x&code=y" }, "state"},
		"a wrong secret": {serve.OAuthOptions{ClientSecret: "another", Echo: true}, nil, "client secret"},
	} {
		a := newAccount(t, test.options)
		failed := a.login(t, test.change)
		failed.want(t, statusUnauthorized, test.says)
		if _, said, _ := strings.Cut(failed.stderr, "restail: "); strings.Count(said, "\n") != 1 {
			t.Errorf("%s: more than one line: %q", name, said)
		}
	}
	a := newAccount(t, serve.OAuthOptions{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	a.run(t, "login", "--redirect-url", "http://"+listener.Addr().String()+"/callback").want(t, statusFailed, "taken")
}

func TestRefusedTokenGetsOneRefresh(t *testing.T) {
	t.Parallel()
	a := newAccount(t, serve.OAuthOptions{})
	a.login(t, nil).want(t, statusDone)
	first := strings.TrimSpace(a.run(t, "token").stdout)
	a.accept = func(token string) bool { return token != first && a.oauth.Valid(token) }
	a.run(t, "-n", "1", "-a", "event").want(t, statusDone)
	if a.oauth.Refreshes() != 1 {
		t.Errorf("%d refreshes", a.oauth.Refreshes())
	}
	a.accept = func(string) bool { return false }
	a.run(t, "-o", "text").want(t, statusUnauthorized)
	if a.oauth.Refreshes() != 2 {
		t.Errorf("%d refreshes when every token is refused", a.oauth.Refreshes())
	}
}

func TestRefreshFails(t *testing.T) {
	t.Parallel()
	a := newAccount(t, serve.OAuthOptions{Expiry: time.Minute})
	a.login(t, nil).want(t, statusDone)
	a.oauth.Fail(503, 500, 502)
	a.run(t, "-n", "1", "-a", "event").want(t, statusDone, "503 Service Unavailable")
	a.oauth.Fail(503)
	a.run(t, "-n", "1", "-a", "event", "--no-reconnect").want(t, statusGivenUp, "503 Service Unavailable")
	a.oauth.Fail(503, 503)
	a.run(t, "-n", "1", "-a", "event", "--max-retries=1").want(t, statusGivenUp, "503 Service Unavailable")
	a.oauth.Fail(503)
	a.run(t, "token").want(t, statusDone)
	a.oauth.Fail(400)
	a.run(t, "-n", "1", "-a", "event").want(t, statusUnauthorized, "restail login")
	a.run(t, "-n", "1", "-a", "event").want(t, statusDone)
}

// A signal during a refresh waits for the answer and stores it, because the old tokens are
// already invalid.
func TestSignalDuringRefresh(t *testing.T) {
	t.Parallel()
	a := newAccount(t, serve.OAuthOptions{Expiry: time.Minute})
	a.login(t, nil).want(t, statusDone)
	before, err := os.ReadFile(a.store())
	if err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	a.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == serve.TokenPath {
			close(asked)
			<-answer
		}
		return false
	}
	signals := make(chan os.Signal, 1)
	status := make(chan int, 1)
	go func() {
		status <- Run(t.Context(), []string{"-o", "text"}, Env{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Environ: a.environ, Signals: signals,
		})
	}()
	<-asked
	signals <- syscall.SIGTERM
	select {
	case got := <-status:
		t.Errorf("it did not wait for the answer: status %d", got)
	case <-time.After(50 * time.Millisecond):
	}
	close(answer)
	if got := <-status; got != 143 {
		t.Errorf("status %d", got)
	}
	a.before = nil
	if after, err := os.ReadFile(a.store()); err != nil || bytes.Equal(before, after) {
		t.Errorf("the answer is not stored: %v", err)
	}
	a.run(t, "token").want(t, statusDone)
}

// Secrets that nothing else contains.
const (
	markedToken  = "MARKED-token/+=&%41-0123456789"
	markedSecret = "MARKED-secret:;~'\"-0123456789"
)

// No output shows a secret, however a run fails, and even if the server repeats what it
// was sent.
func TestNoSecretLeaks(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"401": repeats(401), "403": repeats(403), "400": repeats(400), "429": repeats(429), "500": repeats(500), "302": repeats(302), "200": repeats(200),
		"a close reason": func(w http.ResponseWriter, r *http.Request) bool {
			closes(w, r, websocket.StatusPolicyViolation, r.URL.Query().Get("accessToken"))
			return true
		},
		"a custom close": func(w http.ResponseWriter, r *http.Request) bool {
			closes(w, r, 4401, r.URL.RawQuery)
			return true
		},
		"a broken frame that is shown in part": func(w http.ResponseWriter, r *http.Request) bool {
			sends(w, r, strings.Repeat("x", 60)+" "+r.URL.Query().Get("accessToken"))
			return true
		},
		"a broken frame": func(w http.ResponseWriter, r *http.Request) bool {
			sends(w, r, "no frame: "+r.URL.String()+" "+r.URL.Query().Get("accessToken"))
			return true
		},
		"a piece of it": func(w http.ResponseWriter, r *http.Request) bool {
			token := r.URL.Query().Get("accessToken")
			w.WriteHeader(500) // the body of a 401 is not shown
			fmt.Fprintf(w, "no token ends in %s, nor is one\r\n%s", token[len(token)-9:], base64.StdEncoding.EncodeToString([]byte(token)))
			return true
		},
		"cut off": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
	} {
		for _, mode := range []string{"text", "json"} {
			a := newAccount(t, serve.OAuthOptions{Echo: true})
			a.before = before
			a.environ = append(a.environ, "RESTREAM_ACCESS_TOKEN="+markedToken, "RESTAIL_STATUS="+mode)
			a.leaksNothing(t, name, "--no-reconnect", "-t", "5s")
			a.leaksNothing(t, name, "connections", "--max-retries=1", "--settle=10ms")
		}
	}
	for name, environ := range map[string][]string{
		"no server": {"RESTAIL_URL=ws://127.0.0.1:1/ws"},
		"no name":   {"RESTAIL_URL=wss://chat.invalid/ws"},
		"a proxy":   {"RESTAIL_URL=wss://chat.invalid/ws", "HTTPS_PROXY=http://MARKED-user:MARKED-word@127.0.0.1:1"},
		"no TLS":    {"TLS"},
		"two words": {"RESTREAM_ACCESS_TOKEN=" + markedToken + " MARKED"},
	} {
		a := newAccount(t, serve.OAuthOptions{Echo: true})
		if environ[0] == "TLS" {
			environ[0] = "RESTAIL_URL=wss" + strings.TrimPrefix(a.server.URL, "http")
		}
		a.environ = append(append(a.environ, "RESTREAM_ACCESS_TOKEN="+markedToken), environ...)
		a.leaksNothing(t, name, "--no-reconnect")
	}
	for _, status := range []int{400, 401, 429, 500, 302, 200} {
		a := newAccount(t, serve.OAuthOptions{})
		a.before = repeats(status)
		a.plant(t)
		a.leaksNothing(t, fmt.Sprintf("a refresh with %d", status), "--no-reconnect")
		a.leaksNothing(t, fmt.Sprintf("a refresh with %d", status), "connections", "--max-retries=1", "--status=json")
		if status != 200 {
			a.leaksNothing(t, fmt.Sprintf("a logout with %d", status), "logout")
		}
	}
}

// plant writes a store of marked tokens that have expired.
func (a *account) plant(t *testing.T) {
	t.Helper()
	text := fmt.Sprintf(`{"serial":1,"api_url":%q,"client_id":"an-application","client_secret":%q,"access_token":%q,"refresh_token":%q,"expires_at":"2020-01-02T03:04:05Z"}`,
		a.server.URL, markedSecret, markedToken, "MARKED-refresh-"+markedToken)
	if err := errors.Join(os.MkdirAll(filepath.Dir(a.store()), 0o700), os.WriteFile(a.store(), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// leaksNothing runs a command that fails, and searches its output for secrets.
func (a *account) leaksNothing(t *testing.T, name string, args ...string) {
	t.Helper()
	r := a.run(t, args...)
	if r.status == statusDone && args[0] != "--no-reconnect" {
		t.Errorf("%s: restail %v did not fail", name, args)
	}
	for _, mark := range []string{"MARKED", "secret:;", url.QueryEscape("token/+="), base64.StdEncoding.EncodeToString([]byte("an-application:" + markedSecret))[20:40],
		markedToken[len(markedToken)-8:], base64.StdEncoding.EncodeToString([]byte(markedToken))[:20]} {
		if strings.Contains(r.stdout+r.stderr, mark) {
			t.Errorf("%s: restail %v says %q:\n%s%s", name, args, mark, r.stdout, r.stderr)
		}
	}
}

// repeats answers with everything that the request had.
func repeats(status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		r.ParseForm()
		_, secret, _ := r.BasicAuth()
		told := strings.Join([]string{r.URL.String(), r.URL.Query().Get("accessToken"), r.Header.Get("Authorization"), secret, r.PostForm.Encode(), r.PostFormValue("refresh_token")}, " ")
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Location", "/?"+r.URL.RawQuery)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"name":%q,"message":%q}}`, r.URL.Query().Get("accessToken"), told)
		return true
	}
}

func closes(w http.ResponseWriter, r *http.Request, code websocket.StatusCode, reason string) {
	if ws, err := websocket.Accept(w, r, nil); err == nil {
		ws.Close(code, reason)
	}
}

func sends(w http.ResponseWriter, r *http.Request, text string) {
	if ws, err := websocket.Accept(w, r, nil); err == nil {
		ws.Write(r.Context(), websocket.MessageText, []byte(text))
		ws.Close(websocket.StatusNormalClosure, "")
	}
}

// A proxy setting that cannot be parsed does not lead to a direct connection.
func TestProxyThatCannotBeParsed(t *testing.T) {
	t.Parallel()
	for _, proxy := range []string{"http://me:MARKED@proxy:port", "ftp://me:MARKED@proxy.example"} {
		for _, args := range [][]string{{"login", "--no-browser"}, {"logout"}, {"token"}} {
			a := newAccount(t, serve.OAuthOptions{})
			a.plant(t)
			a.before = func(http.ResponseWriter, *http.Request) bool {
				t.Errorf("%v contacted the API", args)
				return false
			}
			a.environ = append(a.environ, "HTTPS_PROXY="+proxy)
			r := a.run(t, args...)
			r.want(t, statusUsage, "invalid proxy in HTTPS_PROXY")
			if strings.Contains(r.stderr, "MARKED") {
				t.Errorf("%v quotes the password: %s", args, r.stderr)
			}
		}
	}
}

// Tokens do not travel unencrypted to another machine, even if its name is localhost.
func TestPlainHTTPStaysOnLoopback(t *testing.T) {
	_, err := (&run{}).httpClient(true).Get("http://192.0.2.7/oauth/token")
	if !errors.Is(err, endpoint.ErrElsewhere) {
		t.Errorf("it is contacted: %v", err)
	}
}
