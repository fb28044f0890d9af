package auth

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/serve"
)

// childVariable makes this test binary a child process, which shares the store
// with others. Its value says what the child does.
const childVariable = "RESTAIL_TEST_CHILD"

func TestMain(m *testing.M) {
	if role := os.Getenv(childVariable); role != "" {
		os.Exit(child(role))
	}
	dir, err := os.MkdirTemp("", "coverage")
	if err != nil {
		panic(err)
	}
	coverageDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		os.RemoveAll(dir)
		os.Exit(status)
	}))
}

// coverageDir is where children write their coverage. Without it they print a
// warning to stderr under `go test -cover`.
var coverageDir string

// closedAPI is an API that does not answer. Unlike the port of a server that was
// closed, no other program gets this one.
const closedAPI = "http://127.0.0.1:1"

// fixture is an API on loopback, options with an empty store, and what was written
// to stderr.
type fixture struct {
	Options
	oauth    *serve.OAuth
	server   *httptest.Server
	browsers sync.WaitGroup // whose pages are written to stderr too

	mu      sync.Mutex
	written bytes.Buffer
	warned  []string
	asked   int                                                      // requests for tokens and revocations
	before  func(w http.ResponseWriter, r *http.Request) (done bool) // handles requests first; may be nil
}

func newFixture(t *testing.T, o serve.OAuthOptions) *fixture {
	t.Helper()
	w := &fixture{oauth: serve.NewOAuth(o)}
	w.server = httptest.NewServer(w)
	t.Cleanup(w.server.Close)
	w.Options = Options{
		APIURL:  w.server.URL,
		Environ: []string{"XDG_STATE_HOME=" + t.TempDir()},
		Stdin:   strings.NewReader(""),
		Stderr:  w,
		HTTP:    w.server.Client(),
		Warn:    w.warn,
		Secrets: new(redact.Secrets),
		Now:     time.Now,
	}
	return w
}

func (w *fixture) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	if r.URL.Path != serve.LoginPath {
		w.asked++
	}
	before := w.before
	w.mu.Unlock()
	if before == nil || !before(rw, r) {
		w.oauth.ServeHTTP(rw, r)
	}
}

func (w *fixture) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written.Write(p)
}

func (w *fixture) warn(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warned = append(w.warned, line)
}

// stderr returns what was written to stderr so far.
func (w *fixture) stderr() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written.String()
}

func (w *fixture) warnings() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.warned, "\n")
}

func (w *fixture) requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func (w *fixture) intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = f
}

// path returns where the store is.
func (w *fixture) path(t *testing.T) string {
	t.Helper()
	s, err := newStore(&w.Options)
	if err != nil {
		t.Fatal(err)
	}
	return s.path
}

// storeLogin fills the store with tokens that the API knows. The store says that
// they expire after left.
func (w *fixture) storeLogin(t *testing.T, left time.Duration) *login {
	t.Helper()
	pair := w.oauth.Issue()
	l := &login{
		Serial: 1, APIURL: w.APIURL, ClientID: "a-client", ClientSecret: "a-secret",
		AccessToken: pair.Access, RefreshToken: pair.Refresh, ExpiresAt: w.Now().Add(left).Round(0).UTC(),
	}
	w.put(t, l)
	return l
}

func (w *fixture) put(t *testing.T, l *login) {
	t.Helper()
	s := store{path: w.path(t), warn: w.warn}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		t.Fatal(err)
	}
	next, err := s.prepare()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.put(next, l); err != nil {
		t.Fatal(err)
	}
}

// stored returns what the store holds.
func (w *fixture) stored(t *testing.T) *login {
	t.Helper()
	l, err := (&store{path: w.path(t), warn: w.warn}).read()
	if err != nil {
		t.Fatalf("the store: %v", err)
	}
	return l
}

func (w *fixture) open(t *testing.T) *Source {
	t.Helper()
	s, err := Open(w.Options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustToken returns a token, and fails the test when there is none.
func mustToken(t *testing.T, s *Source, refused string) string {
	t.Helper()
	token, err := s.Token(t.Context(), refused)
	if err != nil {
		t.Fatalf("Token(%q): %v", refused, err)
	}
	return token
}

// wantError checks the kind of an error, and that its text is one line that
// contains each of the words.
func wantError(t *testing.T, err error, status int, temporary bool, words ...string) {
	t.Helper()
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if e.ExitStatus() != status || e.Temporary() != temporary {
		t.Errorf("%v: status %d, temporary %t; want %d, %t", err, e.ExitStatus(), e.Temporary(), status, temporary)
	}
	for _, word := range words {
		if !strings.Contains(e.Error(), word) {
			t.Errorf("%q does not contain %q", e.Error(), word)
		}
	}
	if strings.ContainsAny(e.Error(), "\n\r") {
		t.Errorf("%q is not one line", e.Error())
	}
}

// roundTrip is an HTTP transport without a network, for virtual time.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// serving returns a client that is answered by a handler once wait has returned.
func serving(h http.Handler, wait func(context.Context) error) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if err := wait(r.Context()); err != nil {
			return nil, err
		}
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, r)
		return recorder.Result(), nil
	})}
}
