package auth

import (
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

// TestRefreshThatMayWorkLater has everything that must never be a logout.
func TestRefreshThatMayWorkLater(t *testing.T) {
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
		{"200 with no error", body(200, "", `{"error":null,"name":"x"}`), 0, "no access token"},
		{"closed", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, 0, "cannot reach"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, serve.OAuthOptions{})
			old := w.seed(t, time.Minute)
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
				t.Error("the next try gives no valid token")
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
		w := newWorld(t, serve.OAuthOptions{})
		w.seed(t, time.Minute)
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
	w := newWorld(t, serve.OAuthOptions{})
	w.APIURL = nobody
	w.seed(t, time.Minute)
	_, err := w.open(t).Token(t.Context(), "")
	wantError(t, err, statusFailed, true, "cannot reach", w.APIURL, "refused")
}

// TestOddAnswersThatCount has answers that must not be dropped: the old tokens
// are dead when they come.
func TestOddAnswersThatCount(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, header, body, refresh string }{
		{"camel case alone", "application/json", `{"accessToken":"new","refreshToken":"fresh","accessTokenExpiresIn":3600}`, "fresh"},
		{"another content type", "text/plain", `{"access_token":"new","refresh_token":"fresh","expires_in":3600}`, "fresh"},
		{"the old refresh token stays", "application/json", `{"access_token":"new","expires_in":"3600"}`, "the old one"},
		{"a refresh token that is none", "application/json", `{"access_token":"new","refresh_token":7,"expires_in":3600}`, "the old one"},
		{"text behind it", "application/json", `{"access_token":"new","refresh_token":"fresh","expires_in":3600}` + "\n<!-- 0.3 s -->", "fresh"},
		{"another object behind it", "application/json", `{"access_token":"new","refresh_token":"fresh","expires_in":3600}{"error":"x"}`, "fresh"},
		{"a byte-order mark before it", "application/json", "\ufeff\r\n" + `{"access_token":"new","refresh_token":"fresh","expires_in":3600}`, "fresh"},
		{"no error", "application/json", `{"access_token":"new","refresh_token":"fresh","expires_in":3600,"error":null}`, "fresh"},
		{"without an end", "application/json", `{"access_token":"new","refresh_token":"fresh","token_type":7}`, "fresh"},
	}
	for _, tt := range tests {
		w := newWorld(t, serve.OAuthOptions{})
		old := w.seed(t, time.Minute)
		w.intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
			rw.Header().Set("Content-Type", tt.header)
			io.WriteString(rw, tt.body)
			return true
		})
		if token := mustToken(t, w.open(t), ""); token != "new" {
			t.Errorf("%s: got %q", tt.name, token)
		}
		got := w.stored(t)
		if want := strings.Replace(tt.refresh, "the old one", old.RefreshToken, 1); got.RefreshToken != want || got.left(time.Now()) < 59*time.Minute {
			t.Errorf("%s: stored %+v", tt.name, got)
		}
	}
}

// TestRedirectIsNotFollowed: a refresh token sent elsewhere is given away.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := newWorld(t, serve.OAuthOptions{})
		w.seed(t, time.Minute)
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

// virtual is a store and an API in virtual time, without a network.
func virtual(t *testing.T, dir string, oauth *serve.OAuth, wait func(context.Context) error) *world {
	t.Helper()
	w := &world{oauth: oauth}
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

func TestSignalInTheMiddleOfARefresh(t *testing.T) {
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
				old := w.seed(t, time.Minute)
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
					t.Error("the store does not work afterwards")
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
		w.seed(t, time.Minute)
		begin := time.Now()
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusFailed, true, "did not answer within 15s")
		if took := time.Since(begin); took != requestTime {
			t.Errorf("it took %v", took)
		}
	})
}

// TestNothingCanBeWritten checks that no refresh is asked for that could not be
// stored, and that the old token is used while it is valid.
func TestNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, serve.OAuthOptions{})
	old := w.seed(t, time.Minute)
	inTheWay := w.path(t) + ".new"
	if err := os.MkdirAll(inTheWay+"/full", 0o700); err != nil {
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
	wantError(t, unwritable(errors.New("disk full")), statusFailed, true, "nothing can be written", "disk full")
	wantError(t, unwritable(os.ErrPermission), statusFailed, false, "nothing can be written")
	if w.requests() != 0 {
		t.Errorf("%d requests", w.requests())
	}
}

// TestAnswerThatCannotBeStored checks that the only valid tokens are used, and
// are stored when that is possible again.
func TestAnswerThatCannotBeStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, serve.OAuthOptions{})
	old := w.seed(t, time.Minute)
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
