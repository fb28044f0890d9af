package auth

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/serve"
)

// TestRefreshIsRetried checks all failures that must never count as a logout.
func TestRefreshIsRetried(t *testing.T) {
	t.Parallel()
	body := func(status int, header, text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			if name, value, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			io.WriteString(w, text)
			return true
		}
	}
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request) bool
		after  time.Duration
		says   string
	}{
		{"429", body(429, "Retry-After: 17", ""), 17 * time.Second, "429 Too Many Requests"},
		{"429 without a time", body(429, "", `{"error":"slow_down"}`), 0, "slow_down"},
		{"429 with nonsense", body(429, "Retry-After: soon", ""), 0, "429"},
		{"429 with a past", body(429, "Retry-After: -5", ""), 0, "429"},
		{"500", body(500, "", "<html>"), 0, "500 Internal Server Error"},
		{"503", body(503, "Retry-After: 9999999999", `{"error":{"name":"down","message":"for\u001b[2J repair"}}`), 24 * time.Hour, "503 Service Unavailable down (for\x1b[2J repair)"},
		{"an unknown status", body(599, "", ""), 0, "599"},
		{"a redirect", body(302, "Location: /elsewhere", ""), 0, "redirect"},
		{"an empty answer", body(200, "", ""), 0, "cannot be read"},
		{"a page", body(200, "", "<html>log in to the hotel"), 0, "cannot be read"},
		{"no token", body(200, "", `{"token_type":"Bearer"}`), 0, "cannot be read"},
		{"a token that is none", body(200, "", `{"access_token":"two words"}`), 0, "cannot be read"},
		{"an array", body(200, "", `[]`), 0, "cannot be read"},
		{"cut off", body(200, "Content-Length: 100", `{"access_token":"x`), 0, "cannot be read"},
		{"200 that says 503", body(200, "Retry-After: 17", `{"error":{"name":"down","statusCode":503}}`), 17 * time.Second, "200 OK down"},
		{"200 that says 429", body(200, "", `{"error":{"statusCode":429,"message":"slowly"}}`), 0, "200 OK (slowly)"},
		{"200 with an error that may pass", body(200, "", `{"error":"temporarily_unavailable"}`), 0, "temporarily_unavailable"},
		{"200 with an error of the server", body(200, "", `{"error":"server_error"}`), 0, "server_error"},
		{"200 with no error", body(200, "", `{"error":null,"name":"x"}`), 0, "no access token"},
		{"closed", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, 0, "cannot reach"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newFixture(t, serve.OAuthOptions{})
			old := w.storeLogin(t, time.Minute)
			w.intercept(tt.answer)
			s := w.open(t)
			_, err := s.Token(t.Context(), "")
			wantError(t, err, statusFailed, true, tt.says)
			if e := (*Error)(nil); errors.As(err, &e) && e.RetryAfter() != tt.after {
				t.Errorf("retry after %v, want %v", e.RetryAfter(), tt.after)
			}
			if *w.stored(t) != *old || w.requests() != 1 {
				t.Errorf("after %d requests the store holds %+v", w.requests(), w.stored(t))
			}
			w.intercept(nil)
			if token := mustToken(t, s, ""); !w.oauth.Valid(token) {
				t.Error("the next request returns no valid token")
			}
		})
	}
}

// TestErrorWithStatus200 checks that an answer that names an error is that error.
func TestErrorWithStatus200(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"error":"invalid_grant"}`, "\ufeff" + `{"error":"invalid_grant","error_description":"gone"}` + "\n",
		`{"error":{"name":"invalid_grant","message":"gone","statusCode":401}}`, `{"error":{"name":"invalid_grant"}}`,
	} {
		w := newFixture(t, serve.OAuthOptions{})
		w.storeLogin(t, time.Minute)
		w.intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
			io.WriteString(rw, body)
			return true
		})
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusUnauthorized, false, "restail login", "200 OK invalid_grant")
	}
}

func TestNoNetwork(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.APIURL = closedAPI
	w.storeLogin(t, time.Minute)
	_, err := w.open(t).Token(t.Context(), "")
	wantError(t, err, statusFailed, true, "cannot reach "+closedAPI+": connection refused")
}

// TestUnusualAnswers checks answers whose tokens must not be lost: the old ones are
// already invalid.
func TestUnusualAnswers(t *testing.T) {
	t.Parallel()
	const tokens = `"access_token":"new","refresh_token":"fresh"`
	long := strings.Repeat("r", 3*reservedBytes)
	tests := []struct {
		name, body string
		refresh    string // token, "" for the old one
		expires    time.Duration
	}{
		{"camel case", `{"accessToken":"new","refreshToken":"fresh","accessTokenExpiresIn":60}`, "fresh", time.Minute},
		{"no refresh token", `{"access_token":"new","expires_in":"1800"}`, "", 30 * time.Minute},
		{"an invalid refresh token", `{"access_token":"new","refresh_token":7,"expires_in":1800}`, "", 30 * time.Minute},
		{"a long refresh token", `{"access_token":"new","refresh_token":"` + long + `","expires_in":1800}`, long, 30 * time.Minute},
		{"text after it", `{` + tokens + `,"expires_in":1800}` + "\n<!-- 0.3 s -->", "fresh", 30 * time.Minute},
		{"an error after it", `{` + tokens + `,"expires_in":1800}{"error":"x"}`, "fresh", 30 * time.Minute},
		{"a byte-order mark before it", "\ufeff\r\n" + `{` + tokens + `,"expires_in":1800}`, "fresh", 30 * time.Minute},
		{"a null error", `{` + tokens + `,"expires_in":1800,"error":null}`, "fresh", 30 * time.Minute},
		{"expires_in before expires", `{` + tokens + `,"expires_in":1800,"expires":1}`, "fresh", 30 * time.Minute},
		{"expires_in of 0", `{` + tokens + `,"expires_in":0,"expires":1740000900}`, "fresh", 0},
		{"a negative expires_in", `{` + tokens + `,"expires_in":-5}`, "fresh", -5 * time.Second},
		{"a null expires_in", `{` + tokens + `,"expires_in":null,"expires":1740000900}`, "fresh", 15 * time.Minute},
		{"accessTokenExpiresEpoch", `{` + tokens + `,"accessTokenExpiresEpoch":"1740000900"}`, "fresh", 15 * time.Minute},
		{"accessTokenExpiresAt", `{` + tokens + `,"accessTokenExpiresAt":"2025-02-19T21:35:00Z"}`, "fresh", 15 * time.Minute},
		{"a null expires", `{` + tokens + `,"expires":null}`, "fresh", time.Hour},
		{"no time", `{` + tokens + `,"token_type":7}`, "fresh", time.Hour},
	}
	for _, tt := range tests {
		w := newFixture(t, serve.OAuthOptions{})
		asked := time.Unix(1740000000, 0)
		w.Now = func() time.Time { return asked }
		old := w.storeLogin(t, time.Minute)
		w.intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
			rw.Header().Set("Content-Type", "text/plain")
			io.WriteString(rw, tt.body)
			return true
		})
		if token := mustToken(t, w.open(t), ""); token != "new" {
			t.Errorf("%s: got %q", tt.name, token)
		}
		got := w.stored(t)
		if got.RefreshToken != cmp.Or(tt.refresh, old.RefreshToken) || got.ExpiresAt.Sub(asked) != tt.expires {
			t.Errorf("%s: stored %.99q, which expires after %v", tt.name, got.RefreshToken, got.ExpiresAt.Sub(asked))
		}
		if _, err := os.Stat(w.path(t) + ".new"); err == nil {
			t.Errorf("%s: the file for the next login is left", tt.name)
		}
	}
}

// TestRedirectIsNotFollowed checks that no refresh token goes to another server.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := newFixture(t, serve.OAuthOptions{})
		w.storeLogin(t, time.Minute)
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%d was followed", status) }))
		w.intercept(func(rw http.ResponseWriter, r *http.Request) bool {
			http.Redirect(rw, r, elsewhere.URL, status)
			return true
		})
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusFailed, true, "redirect")
		elsewhere.Close()
	}
}

// virtual returns a store and an API in virtual time, without a network.
func virtual(t *testing.T, dir string, oauth *serve.OAuth, wait func(context.Context) error) *fixture {
	t.Helper()
	w := &fixture{oauth: oauth}
	w.Options = Options{
		APIURL:  "https://api.example",
		Environ: []string{"XDG_STATE_HOME=" + dir},
		Stdin:   strings.NewReader(""),
		Stderr:  w,
		HTTP:    serving(oauth, wait),
		Warn:    w.warn,
		Secrets: new(redact.Secrets),
		Now:     time.Now,
	}
	return w
}

func sleep(span time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(span):
			return nil
		}
	}
}

func TestSignalDuringRefresh(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		answer, signal time.Duration
		stored         bool
		ends           time.Duration
	}{
		{"the answer comes in time", 6 * time.Second, 2 * time.Second, true, 6 * time.Second},
		{"just in time", 5 * time.Second, time.Second, true, 5 * time.Second},
		{"too late", 12 * time.Second, 2 * time.Second, false, 7 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := virtual(t, dir, serve.NewOAuth(serve.OAuthOptions{}), sleep(tt.answer))
				old := w.storeLogin(t, time.Minute)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(tt.signal, cancel)
				begin := time.Now()
				token, err := w.open(t).Token(ctx, "")
				if took := time.Since(begin); took != tt.ends {
					t.Errorf("it took %v, want %v", took, tt.ends)
				}
				got := w.stored(t)
				if tt.stored && (err != nil || got.AccessToken != token || !w.oauth.Valid(token)) {
					t.Errorf("%v; the store holds %+v", err, got)
				}
				if !tt.stored && (!errors.Is(err, context.Canceled) || *got != *old) {
					t.Errorf("%v; the store holds %+v", err, got)
				}
				w.HTTP = serving(w.oauth, sleep(0))
				if token := mustToken(t, w.open(t), ""); !w.oauth.Valid(token) {
					t.Error("the stored login does not work afterwards")
				}
			})
		})
	}
}

func TestSilentAPI(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := virtual(t, dir, serve.NewOAuth(serve.OAuthOptions{}), sleep(time.Hour))
		w.storeLogin(t, time.Minute)
		begin := time.Now()
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusFailed, true, "did not answer within 15s")
		if took := time.Since(begin); took != requestTime {
			t.Errorf("it took %v", took)
		}
	})
}

// TestLockIsHeld has another process that keeps the lock, since it is suspended.
func TestLockIsHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := virtual(t, dir, serve.NewOAuth(serve.OAuthOptions{}), sleep(0))
		old := w.storeLogin(t, time.Minute)
		unlock, err := (&store{path: w.path(t)}).lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.open(t).Token(ctx, ""); !errors.Is(err, context.DeadlineExceeded) || w.warnings() != "" {
			t.Errorf("cancelled: %v; warned %q", err, w.warnings())
		}
		if token := mustToken(t, w.open(t), ""); token != old.AccessToken || !strings.Contains(w.warnings(), "another process has held") {
			t.Errorf("while the old token is valid: got %q; warned %q", token, w.warnings())
		}
		_, err = w.open(t).Token(t.Context(), "") // a minute has passed
		wantError(t, err, statusFailed, true, "another process has held")
	})
}

// TestNothingCanBeWritten checks that no tokens are requested that could not be
// stored, and that the old token is used while it is valid.
func TestNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	old := w.storeLogin(t, time.Minute)
	if err := os.MkdirAll(w.path(t)+".new/full", 0o700); err != nil {
		t.Fatal(err)
	}
	if token := mustToken(t, w.open(t), ""); token != old.AccessToken {
		t.Error("the old token is not used while it is valid")
	}
	if !strings.Contains(w.warnings(), "is a directory") {
		t.Errorf("warned %q", w.warnings())
	}
	_, err := w.open(t).Token(t.Context(), old.AccessToken)
	wantError(t, err, statusUsage, false, "is a directory")
	wantError(t, unwritable(errors.New("disk full")), statusFailed, true, "cannot write a file", "disk full")
	wantError(t, unwritable(os.ErrPermission), statusFailed, false, "cannot write a file")
	if w.requests() != 0 {
		t.Errorf("%d requests", w.requests())
	}
}

// TestAnswerThatCannotBeStored checks that the only valid tokens are used, and
// are stored when that is possible again.
func TestAnswerThatCannotBeStored(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	old := w.storeLogin(t, time.Minute)
	path := w.path(t)
	w.intercept(func(http.ResponseWriter, *http.Request) bool {
		if err := os.Remove(path); err == nil {
			os.MkdirAll(path+"/full", 0o700) // nothing can be renamed to it
		}
		return false
	})
	s := w.open(t)
	token := mustToken(t, s, "")
	if token == old.AccessToken || !w.oauth.Valid(token) || !strings.Contains(w.warnings(), "could not be stored") {
		t.Errorf("warned %q", w.warnings())
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if again := mustToken(t, s, ""); again != token || w.stored(t).AccessToken != token {
		t.Error("the tokens are not stored later")
	}
	if w.oauth.Refreshes() != 1 {
		t.Errorf("%d refreshes", w.oauth.Refreshes())
	}
	for _, secret := range []string{token, old.RefreshToken} {
		if strings.Contains(w.warnings(), secret) {
			t.Error("a warning holds a secret")
		}
	}
}
