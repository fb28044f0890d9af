package auth

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

func (w *fixture) wantGone(t *testing.T) {
	t.Helper()
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(w.path(t)), "token.json*"))
	if len(left) > 0 {
		t.Errorf("%q is left over", left)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{ClientID: "a-client", ClientSecret: "a-secret"})
	l := w.storeLogin(t, time.Hour)
	if err := os.WriteFile(w.path(t)+".new", []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Logout(t.Context(), w.Options); err != nil {
		t.Fatal(err)
	}
	w.wantGone(t)
	if w.oauth.Valid(l.AccessToken) || w.requests() != 2 || !strings.Contains(w.stderr(), "Logged out") {
		t.Errorf("%d requests; said %q", w.requests(), w.stderr())
	}
	_, err := w.open(t).Token(t.Context(), "")
	wantError(t, err, statusUnauthorized, false, "restail login")
	if err := Logout(t.Context(), w.Options); err != nil || !strings.Contains(w.stderr(), "Not logged in.\n") {
		t.Errorf("again: %v; said %q", err, w.stderr())
	}
}

func TestLogoutWithoutALoginLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	if err := Logout(t.Context(), w.Options); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(w.path(t))); err == nil {
		t.Error("it made a directory")
	}
}

// TestLogoutThatCannotRevoke checks that the tokens are deleted all the same.
func TestLogoutThatCannotRevoke(t *testing.T) {
	t.Parallel()
	const deleted = "deleted here, but could not be revoked"
	tests := []struct {
		name  string
		fails func(w *fixture)
		says  string
	}{
		{"no network", func(w *fixture) { w.APIURL = closedAPI }, "cannot reach"},
		{"503", func(w *fixture) { w.oauth.Fail(503) }, "503"},
		{"429 for the second", func(w *fixture) {
			w.intercept(func(_ http.ResponseWriter, r *http.Request) bool {
				if w.requests() == 2 {
					w.oauth.Fail(429)
				}
				return false
			})
		}, "429"},
		{"200 with an error", func(w *fixture) {
			w.intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
				rw.Write([]byte(`{"error":"unsupported_token_type"}`))
				return true
			})
		}, "unsupported_token_type"},
		{"a wrong secret", func(w *fixture) { w.oauth.Fail(401) }, "401"},
	}
	for _, tt := range tests {
		w := newFixture(t, serve.OAuthOptions{})
		l := w.storeLogin(t, time.Hour)
		tt.fails(w)
		err := Logout(t.Context(), w.Options)
		wantError(t, err, statusFailed, false, deleted, tt.says)
		w.wantGone(t)
		if strings.Contains(err.Error(), l.AccessToken) {
			t.Error("the error quotes a token")
		}
	}
}

func TestLogoutOfInvalidTokens(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.storeLogin(t, -time.Hour)
	w.intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
		rw.WriteHeader(401)
		rw.Write([]byte(`{"error":{"name":"invalid_token","message":"who?","statusCode":401}}`))
		return true
	})
	if err := Logout(t.Context(), w.Options); err != nil {
		t.Errorf("tokens that are invalid already: %v", err)
	}
	w.wantGone(t)
}

// TestLogoutWithoutARefreshToken revokes the only token that there is.
func TestLogoutWithoutARefreshToken(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	l := w.storeLogin(t, time.Hour)
	l.RefreshToken = ""
	w.put(t, l)
	if err := Logout(t.Context(), w.Options); err != nil || w.oauth.Valid(l.AccessToken) || w.requests() != 1 {
		t.Errorf("%v after %d requests", err, w.requests())
	}
	w.wantGone(t)
}

// TestLogoutRedactsBothTokens has a service that names the access token when it
// refuses the refresh token.
func TestLogoutRedactsBothTokens(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	l := w.storeLogin(t, time.Hour)
	w.intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
		if w.requests() == 1 {
			http.Error(rw, `{"error":"server_error","error_description":"it belongs to `+l.AccessToken+`"}`, http.StatusInternalServerError)
			return true
		}
		return false
	})
	wantError(t, Logout(t.Context(), w.Options), statusFailed, false, "server_error (it belongs to [redacted])")
}

func TestLogoutOfADamagedStore(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.storeLogin(t, time.Hour)
	if err := os.WriteFile(w.path(t), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, Logout(t.Context(), w.Options), statusFailed, false, "damaged", "deleted")
	w.wantGone(t)
}

func TestLogoutAtAnotherAPI(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	l := &login{Serial: 1, APIURL: "https://api.restream.io", AccessToken: "a", RefreshToken: "r"}
	w.put(t, l)
	wantError(t, Logout(t.Context(), w.Options), statusUnauthorized, false, "--api-url=https://api.restream.io")
	if *w.stored(t) != *l || w.requests() != 0 {
		t.Error("the login of one service was ended at another")
	}
}
