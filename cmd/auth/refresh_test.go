package auth

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

func TestNoLogin(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	for _, environ := range [][]string{w.Environ, nil} {
		w.Environ = environ
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusUnauthorized, false, "restail login", accessTokenVariable, "--token-file", "--token-command")
	}
	if w.requests() != 0 {
		t.Error("the API was asked")
	}
	w = newFixture(t, serve.OAuthOptions{})
	_ = ask(w.Options, "")
	if _, err := os.Stat(filepath.Dir(w.path(t))); err == nil {
		t.Error("it made a directory")
	}
}

func TestStoredTokenIsRefreshedInTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		left    time.Duration
		refresh bool
	}{{time.Hour, false}, {refreshBefore + time.Second, false}, {refreshBefore - time.Second, true}, {time.Second, true}, {-24 * time.Hour, true}}
	for _, tt := range tests {
		w := newFixture(t, serve.OAuthOptions{})
		now := time.Now()
		w.Now = func() time.Time { return now }
		old := w.storeLogin(t, tt.left)
		s := w.open(t)
		token := mustToken(t, s, "")
		if tt.refresh != (token != old.AccessToken) || tt.refresh != (w.oauth.Refreshes() == 1) || !w.oauth.Valid(token) {
			t.Errorf("%v left: %d refreshes, a new token: %t, valid: %t", tt.left, w.oauth.Refreshes(), token != old.AccessToken, w.oauth.Valid(token))
		}
		if got := w.stored(t); got.AccessToken != token || tt.refresh && (got.RefreshToken == old.RefreshToken || got.Serial != 2 || got.ClientSecret != "a-secret" || got.APIURL != w.APIURL) {
			t.Errorf("%v left: the store holds %+v", tt.left, got)
		}
		if again := mustToken(t, s, ""); again != token {
			t.Errorf("%v left: the second call returned another token", tt.left)
		}
	}
}

func TestRefusedTokenGetsOneRefresh(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	first := w.storeLogin(t, time.Hour).AccessToken
	s := w.open(t)
	if got := mustToken(t, s, ""); got != first {
		t.Fatal("not the stored token")
	}
	second := mustToken(t, s, first)
	if second == first || w.oauth.Refreshes() != 1 {
		t.Fatalf("%d refreshes", w.oauth.Refreshes())
	}
	if got := mustToken(t, s, ""); got != second || w.oauth.Refreshes() != 1 {
		t.Errorf("%d refreshes when nothing was refused", w.oauth.Refreshes())
	}
	// Whoever was refused knows whether the new token had worked in between.
	if third := mustToken(t, s, second); third == second || w.oauth.Refreshes() != 2 {
		t.Error("the new token gets no refresh")
	}
}

func TestStoreChangedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	first := w.storeLogin(t, time.Hour)
	s := w.open(t)
	mustToken(t, s, "")
	other := w.open(t)
	second := mustToken(t, other, first.AccessToken)
	if got := mustToken(t, s, first.AccessToken); got != second || w.oauth.Refreshes() != 1 {
		t.Errorf("the token of the other process is not used: %d refreshes", w.oauth.Refreshes())
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 410, 422} {
		w := newFixture(t, serve.OAuthOptions{})
		old := w.storeLogin(t, time.Minute)
		w.oauth.Fail(status)
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusUnauthorized, false, "log in again", "restail login", http.StatusText(status))
		if *w.stored(t) != *old {
			t.Errorf("%d changed the store", status)
		}
	}
	w := newFixture(t, serve.OAuthOptions{})
	old := w.storeLogin(t, time.Minute)
	w.put(t, &login{Serial: 2, APIURL: w.APIURL, ClientID: "a", ClientSecret: "b", AccessToken: old.AccessToken, RefreshToken: "not-issued"})
	_, err := w.open(t).Token(t.Context(), "")
	wantError(t, err, statusUnauthorized, false, "log in again", "400 Bad Request invalid_grant")
	w.put(t, &login{Serial: 3, AccessToken: "expired"})
	_, err = w.open(t).Token(t.Context(), "")
	wantError(t, err, statusUnauthorized, false, "refresh token", "restail login")
}

func TestManySourcesMakeOneRefresh(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		w := newFixture(t, serve.OAuthOptions{})
		old, left := "", -time.Minute
		if refused {
			left = time.Hour
		}
		if l := w.storeLogin(t, left); refused {
			old = l.AccessToken
		}
		shared := w.open(t)
		var wg sync.WaitGroup
		tokens := make([]string, 24)
		for i := range tokens {
			s := shared
			if i%2 == 0 {
				s = w.open(t)
			}
			wg.Go(func() { tokens[i], _ = s.Token(t.Context(), old) })
		}
		wg.Wait()
		for _, token := range tokens {
			if token != tokens[0] || !w.oauth.Valid(token) {
				t.Errorf("refused %t: got %q", refused, tokens)
				break
			}
		}
		if got := w.oauth.Refreshes(); got != 1 {
			t.Errorf("refused %t: %d refreshes", refused, got)
		}
	}
}

// TestShortTokensMakeOneRefresh checks that a token which another process has
// just received is used, though it expires within five minutes.
func TestShortTokensMakeOneRefresh(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{Expiry: time.Minute})
	w.storeLogin(t, -time.Minute)
	begun, goOn := make(chan struct{}), make(chan struct{})
	w.intercept(func(http.ResponseWriter, *http.Request) bool {
		close(begun)
		<-goOn
		return false
	})
	var wg sync.WaitGroup
	wg.Go(func() { mustToken(t, w.open(t), "") })
	<-begun
	waiting := make(chan struct{}, 4)
	o := w.Options
	o.Now = func() time.Time { // asked before the lock is
		select {
		case waiting <- struct{}{}:
		default:
		}
		return time.Now()
	}
	for range 4 {
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if _, err := s.Token(t.Context(), ""); err != nil {
				t.Error(err)
			}
		})
	}
	for range 4 {
		<-waiting
	}
	close(goOn)
	wg.Wait()
	if got := w.oauth.Refreshes(); got != 1 {
		t.Errorf("%d refreshes", got)
	}
}

func TestCancelledBeforeAnything(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.storeLogin(t, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.open(t).Token(ctx, ""); !errors.Is(err, context.Canceled) || w.requests() != 0 {
		t.Errorf("%v after %d requests", err, w.requests())
	}
}

func TestOtherIssuer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		issuer, base string
		ok           bool
	}{
		{"https://api.restream.io", "https://api.restream.io", true},
		{"https://api.restream.io/", "https://api.restream.io", true},
		{"https://api.restream.io", "http://127.0.0.1:4000", false},
		{"http://127.0.0.1:4000", "https://api.restream.io", false},
		{"http://127.0.0.1:4000", "http://localhost:5000", true},
		{"", "https://api.restream.io", false},
	}
	for _, tt := range tests {
		if err := checkIssuer(&login{APIURL: tt.issuer}, tt.base); (err == nil) != tt.ok {
			t.Errorf("a login of %q at %q: %v", tt.issuer, tt.base, err)
		}
	}
	w := newFixture(t, serve.OAuthOptions{})
	w.put(t, &login{Serial: 1, APIURL: "https://api.restream.io", AccessToken: "a", RefreshToken: "r"})
	_, err := w.open(t).Token(t.Context(), "")
	wantError(t, err, statusUnauthorized, false, "--api-url=https://api.restream.io", "restail login")
	if w.requests() != 0 {
		t.Error("the tokens of one service were sent to another")
	}
}
