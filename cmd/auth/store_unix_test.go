//go:build !windows

package auth

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// TestStoreModes runs alone: the umask is the process's.
func TestStoreModes(t *testing.T) {
	wantMode := func(path string, want os.FileMode) {
		t.Helper()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want mode %04o", path, info.Mode(), err, want)
		}
	}
	for _, test := range []struct {
		umask int
		dir   string
		mode  os.FileMode // of an existing directory, 0 for none
	}{{0, "a/b/restail", 0}, {0, "restail", 0o755}, {0, "restail", 0o710}, {0, "restail", 0o701}, {0o777, "restail", 0}} {
		func() {
			parent := t.TempDir()
			defer syscall.Umask(syscall.Umask(test.umask))
			dir := filepath.Join(parent, test.dir)
			if test.mode != 0 {
				if err := os.Mkdir(dir, test.mode); err != nil {
					t.Fatal(err)
				}
			}
			s := &store{path: filepath.Join(dir, "token.json"), warn: func(line string) { t.Errorf("warned: %s", line) }}
			unlock, err := s.lock(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			next, err := s.prepare()
			if err != nil {
				t.Fatal(err)
			}
			wantMode(filepath.Join(dir, "token.lock"), 0o600)
			wantMode(s.newPath(), 0o600)
			if err := s.put(next, &login{Serial: 1, AccessToken: "a"}); err != nil {
				t.Fatal(err)
			}
			wantMode(s.path, 0o600)
			for made := dir; made != parent; made = filepath.Dir(made) {
				wantMode(made, 0o700)
			}
		}()
	}
}

func TestWarningAboutMode(t *testing.T) {
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

// badFiles are what must not be used in place of one of the store's files.
var badFiles = map[string]struct {
	put  func(path string) error
	says string
}{
	"a FIFO":          {func(path string) error { return syscall.Mkfifo(path, 0o600) }, "FIFO or a device"},
	"a link":          {func(path string) error { return os.Symlink("elsewhere.json", path) }, "is a symbolic link"},
	"a dangling link": {func(path string) error { return os.Symlink("nowhere.json", path) }, "is a symbolic link"},
	"a device":        {func(path string) error { return os.Symlink("/dev/zero", path) }, "is a symbolic link"},
	"a socket":        {func(path string) error { return syscall.Mknod(path, syscall.S_IFSOCK|0o600, 0) }, "cannot read the stored login"},
	"a directory":     {func(path string) error { return os.Mkdir(path, 0o700) }, "is a directory"},
	"another user's": {func(path string) error {
		if os.Geteuid() != 0 {
			return errors.ErrUnsupported
		}
		return errors.Join(os.WriteFile(path, []byte(`{"serial":9,"access_token":"MARKED"}`), 0o600), os.Lchown(path, 12345, 12345))
	}, "belongs to another user"},
}

// TestBadStoreFiles replaces each of the store's files. Nothing waits, no link is
// followed, and nothing is deleted.
func TestBadStoreFiles(t *testing.T) {
	t.Parallel()
	for name, bad := range badFiles {
		for _, file := range []string{"token.json", "token.json.new", "token.lock"} {
			t.Run(name+" as "+file, func(t *testing.T) {
				t.Parallel()
				w := newFixture(t, serve.OAuthOptions{})
				w.storeLogin(t, -time.Hour)
				dir := filepath.Dir(w.path(t))
				other := []byte(`{"serial":9,"access_token":"MARKED","refresh_token":"MARKED","expires_at":"2999-01-02T03:04:05Z"}`)
				if err := os.WriteFile(filepath.Join(dir, "elsewhere.json"), other, 0o600); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, file)
				os.Remove(path)
				if err := bad.put(path); err != nil {
					t.Skip(err)
				}
				wantError(t, ask(w.Options, ""), statusUsage, false, path, bad.says)
				wantError(t, Logout(t.Context(), w.Options), statusUsage, false, path, bad.says)
				o := newLogin(t, w)
				o.Browse, _ = browser(t, nil)
				wantError(t, Login(t.Context(), o), statusUsage, false, path, bad.says)
				if _, err := os.Lstat(path); err != nil {
					t.Errorf("it is gone: %v", err)
				}
				if text, err := os.ReadFile(filepath.Join(dir, "elsewhere.json")); !bytes.Equal(text, other) {
					t.Errorf("the other file is %q, %v", text, err)
				}
				if w.oauth.Refreshes() != 0 {
					t.Error("it refreshed")
				}
			})
		}
	}
}

// TestStoreOfRoot reads stores as a user who is not root. Root's is as good as the
// user's own.
func TestStoreOfRoot(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("needs root, and Linux's link to the program")
	}
	const user, other = 12345, 12346
	for owner, want := range map[int]string{0: "", user: "", other: "belongs to another user"} {
		w := newFixture(t, serve.OAuthOptions{})
		token := w.storeLogin(t, time.Hour).AccessToken
		path := w.path(t)
		for name, mode := range map[string]os.FileMode{path: 0o644, filepath.Dir(path): 0o755, filepath.Dir(filepath.Dir(filepath.Dir(path))): 0o755} {
			if err := errors.Join(os.Chmod(name, mode), os.Lchown(path, owner, owner)); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("/proc/self/exe", w.APIURL, "") // the user cannot read the program's own folder
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
		p := w.startCommand(t, cmd, "token")
		p.line(t)
		p.in.Close()
		if got := p.line(t); want == "" && got != token || !strings.Contains(got, want) {
			t.Errorf("a store of user %d: got %q", owner, got)
		}
	}
}

// TestBadStoreDirectory has directories in which another user could replace the
// store.
func TestBadStoreDirectory(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(dir string) error{
		"chmod 700":               func(dir string) error { return os.Chmod(dir, 0o777) },
		"(mode 0770)":             func(dir string) error { return os.Chmod(dir, 0o770) },
		"(mode 0702)":             func(dir string) error { return os.Chmod(dir, 0o702) },
		"belongs to another user": func(dir string) error { return os.Lchown(dir, 12345, 12345) },
	} {
		if os.Geteuid() != 0 && strings.HasPrefix(says, "belongs") {
			continue
		}
		w := newFixture(t, serve.OAuthOptions{})
		w.storeLogin(t, time.Hour)
		dir := filepath.Dir(w.path(t))
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		wantError(t, ask(w.Options, ""), statusUsage, false, dir, says)
		wantError(t, Logout(t.Context(), w.Options), statusUsage, false, dir, says)
		wantError(t, Login(t.Context(), newLogin(t, w)), statusUsage, false, dir, says)
	}
}

// TestFullDisk limits the size of the files that a process can write. The next login does
// not fit.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	old := w.storeLogin(t, -time.Minute)
	p := w.startCommand(t, exec.Command("sh", "-c", `ulimit -f 4; exec "$0" "$@"`, os.Args[0], w.APIURL, ""), "token")
	p.line(t)
	p.in.Close()
	if got := p.line(t); !strings.Contains(got, "error: cannot refresh the access token: cannot write a file next to the stored login: ") {
		t.Errorf("it said %q", got)
	}
	if w.requests() != 0 || *w.stored(t) != *old {
		t.Errorf("after %d requests the store holds %+v", w.requests(), w.stored(t))
	}
	if left, _ := filepath.Glob(w.path(t) + ".new"); len(left) > 0 {
		t.Errorf("%q is left over", left)
	}
}
