//go:build !windows

package auth

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestStoreIsPrivateFromItsFirstByte runs alone: the umask is the process's.
func TestStoreIsPrivateFromItsFirstByte(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	dir := filepath.Join(t.TempDir(), "restail")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	s := &store{path: filepath.Join(dir, "token.json"), warn: func(line string) { t.Errorf("warned: %s", line) }}
	unlock, err := s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	wantMode := func(path string, want os.FileMode) {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %04o, want %04o", path, got, want)
		}
	}
	wantMode(dir, 0o700)
	wantMode(filepath.Join(dir, "token.lock"), 0o600)
	n, err := s.prepare()
	if err != nil {
		t.Fatal(err)
	}
	wantMode(s.newPath(), 0o600)
	if err := n.put(&login{Serial: 1, AccessToken: "a"}); err != nil {
		t.Fatal(err)
	}
	wantMode(s.path, 0o600)

	fresh := &store{path: filepath.Join(t.TempDir(), "a", "b", "token.json")}
	unlock2, err := fresh.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock2()
	wantMode(filepath.Dir(fresh.path), 0o700)
}

func TestOpenModeIsWarnedAbout(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o602, 0o600, 0o400} {
		var warned []string
		s := testStore(t)
		s.warn = func(line string) { warned = append(warned, line) }
		s.mustPut(t, &login{Serial: 1, AccessToken: "a"})
		if err := os.Chmod(s.path, mode); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := s.read(); err != nil {
				t.Fatal(err)
			}
		}
		switch open := mode&0o077 != 0; {
		case open && (len(warned) != 1 || !strings.Contains(warned[0], s.path) || !strings.Contains(warned[0], "chmod 600")):
			t.Errorf("mode %04o: warned %q", mode, warned)
		case !open && len(warned) > 0:
			t.Errorf("mode %04o: warned %q", mode, warned)
		}
		s.mustPut(t, &login{Serial: 2, AccessToken: "b"})
		if info, err := os.Stat(s.path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("a refresh left the mode: %v, %v", info.Mode(), err)
		}
	}
}
