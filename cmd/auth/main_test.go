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

// childVariable makes this test binary one of many processes that share a
// store; its value says what the process does.
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

// coverageDir is where children write their coverage. Without one they would
// complain on stderr under `go test -cover`.
var coverageDir string

// nobody is an API that nobody serves: the port is given to no program, as that of
// a server which was closed may be.
const nobody = "http://127.0.0.1:1"

// world is an API on loopback, a home of its own, and everything that was said.
type world struct {
	Options
	oauth    *serve.OAuth
	server   *httptest.Server
	browsers sync.WaitGroup // whose pages are written to stderr too

	mu      sync.Mutex
	said    bytes.Buffer
	warned  []string
	asked   int                                                      // requests for tokens and revocations
	between func(w http.ResponseWriter, r *http.Request) (done bool) // sees requests first, may be nil
}

func newWorld(t *testing.T, o serve.OAuthOptions) *world {
	t.Helper()
	w := &world{oauth: serve.NewOAuth(o)}
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

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	if r.URL.Path != serve.LoginPath {
		w.asked++
	}
	between := w.between
	w.mu.Unlock()
	if between == nil || !between(rw, r) {
		w.oauth.ServeHTTP(rw, r)
	}
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.Write(p)
}

func (w *world) warn(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warned = append(w.warned, line)
}

// heard is everything that was written to stderr so far.
func (w *world) heard() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.String()
}

func (w *world) warnings() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.warned, "\n")
}

func (w *world) requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func (w *world) intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.between = f
}

// path is where the world's store is.
func (w *world) path(t *testing.T) string {
	t.Helper()
	path, err := w.storePath()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// seed fills the store with a pair that the API knows and that lives so long
// by the store's word.
func (w *world) seed(t *testing.T, left time.Duration) *login {
	t.Helper()
	pair := w.oauth.Issue()
	l := &login{
		Serial: 1, APIURL: w.APIURL, ClientID: "a-client", ClientSecret: "a-secret",
		AccessToken: pair.Access, RefreshToken: pair.Refresh, ExpiresAt: w.Now().Add(left).Round(0).UTC(),
	}
	w.put(t, l)
	return l
}

func (w *world) put(t *testing.T, l *login) {
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

// stored is what the store holds.
func (w *world) stored(t *testing.T) *login {
	t.Helper()
	l, err := (&store{path: w.path(t), warn: w.warn}).read()
	if err != nil {
		t.Fatalf("the store: %v", err)
	}
	return l
}

func (w *world) open(t *testing.T) *Source {
	t.Helper()
	s, err := Open(w.Options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustToken asks for a token that has to come.
func mustToken(t *testing.T, s *Source, refused string) string {
	t.Helper()
	token, err := s.Token(t.Context(), refused)
	if err != nil {
		t.Fatalf("Token(%q): %v", refused, err)
	}
	return token
}

// wantError checks an error's kind and that its text, one line, says each of
// the words.
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
			t.Errorf("%q does not say %q", e.Error(), word)
		}
	}
	if strings.ContainsAny(e.Error(), "\n\r") {
		t.Errorf("%q is not one line", e.Error())
	}
}

// roundTrip is an HTTP client without a network: for virtual time.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// serving answers with a handler after as long as it takes wait to return.
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
