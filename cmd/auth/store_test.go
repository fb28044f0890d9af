package auth

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"

	"github.com/restail/restail/cmd/serve"
)

func TestStorePath(t *testing.T) {
	t.Parallel()
	abs := func(parts ...string) string {
		if runtime.GOOS == "windows" {
			return `C:\` + filepath.Join(parts...)
		}
		return "/" + filepath.Join(parts...)
	}
	tests := []struct {
		name    string
		environ []string
		want    string
	}{
		{"XDG", []string{"XDG_STATE_HOME=" + abs("state"), "HOME=" + abs("home")}, abs("state", "restail", "token.json")},
		{"home", []string{"HOME=" + abs("home")}, abs("home", ".local", "state", "restail", "token.json")},
		{"a relative XDG directory is ignored", []string{"XDG_STATE_HOME=state", "HOME=" + abs("home")}, abs("home", ".local", "state", "restail", "token.json")},
		{"Windows", []string{"USERPROFILE=" + abs("home")}, abs("home", ".local", "state", "restail", "token.json")},
	}
	for _, tt := range tests {
		o := Options{Environ: tt.environ}
		if s, err := newStore(&o); err != nil || s.path != tt.want {
			t.Errorf("%s: %+v, %v; want %q", tt.name, s, err, tt.want)
		}
	}
	_, err := newStore(&Options{})
	wantError(t, err, statusFailed, false, "XDG_STATE_HOME", "HOME")
}

func testStore(t *testing.T) *store {
	t.Helper()
	s := &store{path: filepath.Join(t.TempDir(), "state", "restail", "token.json"), warn: func(line string) { t.Errorf("warned: %s", line) }}
	unlock, err := s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	return s
}

func (s *store) mustPut(t *testing.T, l *login) {
	t.Helper()
	next, err := s.prepare()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.put(next, l); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedStore(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.storeLogin(t, time.Hour)
	large := `{"access_token": "MARKED"}` + strings.Repeat(" ", storeLimit)
	for _, text := range []string{"", "{", `{"access_token": 7}`, `{}`, `[]`, "MARKED", large} {
		if err := os.WriteFile(w.path(t), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := ask(w.Options, "")
		wantError(t, err, statusUnauthorized, false, w.path(t), "damaged", "restail login")
		if strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%v quotes the store", err)
		}
	}
}

// TestRecover reads everything that a killed process can leave.
func TestRecover(t *testing.T) {
	t.Parallel()
	old := &login{Serial: 4, AccessToken: "old"}
	newer := &login{Serial: 5, AccessToken: "new"}
	tests := []struct {
		name   string
		stored *login
		leave  func(t *testing.T, s *store)
		want   string
	}{
		{"nothing", old, func(*testing.T, *store) {}, "old"},
		{"before the answer", old, func(t *testing.T, s *store) { s.leave(t, nil) }, "old"},
		{"before the rename", old, func(t *testing.T, s *store) { s.leave(t, newer) }, "new"},
		{"the first login before its rename", nil, func(t *testing.T, s *store) { s.leave(t, newer) }, "new"},
		{"the first login before its answer", nil, func(t *testing.T, s *store) { s.leave(t, nil) }, ""},
		{"one that is older", old, func(t *testing.T, s *store) { s.leave(t, &login{Serial: 4, AccessToken: "x"}) }, "old"},
		{"half written", old, func(t *testing.T, s *store) {
			if err := os.WriteFile(s.newPath(), []byte(`{"serial": 5, "access_token": "to`), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "old"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := testStore(t)
			if tt.stored != nil {
				s.mustPut(t, tt.stored)
			}
			tt.leave(t, s)
			l, err := s.recover()
			got := ""
			if err == nil {
				got = l.AccessToken
			}
			if got != tt.want || err != nil && !errors.Is(err, ErrNoLogin) {
				t.Errorf("recovered %q, %v; want %q", got, err, tt.want)
			}
			s.mustPut(t, &login{Serial: 6, AccessToken: "next"})
			if l, err := s.read(); err != nil || l.AccessToken != "next" {
				t.Errorf("the next refresh is not stored: %v", err)
			}
		})
	}
}

// leave prepares, writes l if it is not nil, and goes no further.
func (s *store) leave(t *testing.T, l *login) {
	t.Helper()
	next, err := s.prepare()
	if err != nil {
		t.Fatal(err)
	}
	if l != nil {
		if err := json.NewEncoder(next).Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	next.Close()
}

func TestLockWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &store{path: filepath.Join(dir, "token.json")}
		held := flock.New(filepath.Join(dir, "token.lock"))
		if ok, err := held.TryLock(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
		begin := time.Now()
		_, err := s.lock(t.Context())
		wantError(t, err, statusFailed, true, "token.lock")
		if waited := time.Since(begin); waited != lockTime {
			t.Errorf("waited %v", waited)
		}
		time.AfterFunc(3*time.Second, func() { held.Unlock() })
		unlock, err := s.lock(t.Context())
		if err != nil {
			t.Fatalf("freed: %v", err)
		}
		if ok, _ := flock.New(filepath.Join(dir, "token.lock")).TryLock(); ok {
			t.Error("two processes hold the lock")
		}
		unlock()
	})
}

func TestStoreThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &store{path: filepath.Join(blocked, "restail", "token.json")}
	_, err := s.lock(t.Context())
	wantError(t, err, statusFailed, false, "directory")

	for _, made := range []func(string) error{
		func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		func(dir string) error { return os.Symlink("nowhere", dir) },
	} {
		dir := filepath.Join(t.TempDir(), "restail")
		if err := made(dir); err != nil {
			continue // Windows lets only some users make links
		}
		_, err = (&store{path: filepath.Join(dir, "token.json")}).lock(t.Context())
		wantError(t, err, statusFailed, false, "directory")
	}
}
