package auth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const (
	lockPause = 20 * time.Millisecond
	// lockTime is longer than a refresh can take, with the wait for its answer.
	// A process that holds the lock for longer has been stopped.
	lockTime = 45 * time.Second
	// storeLimit is the largest store that is read, in bytes.
	storeLimit = 1 << 20
	// reserved is how many bytes are written to the disk before tokens are asked
	// for, so that there is space for them when they come.
	reserved = 8 << 10
)

// login is the content of the store.
type login struct {
	// Serial grows with every write. It tells which of two files is newer
	// without a clock.
	Serial       uint64    `json:"serial"`
	APIURL       string    `json:"api_url"`
	ClientID     string    `json:"client_id"`
	ClientSecret string    `json:"client_secret"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	ExpiresAt    time.Time `json:"expires_at"`
}

func (l *login) application() application { return application{l.ClientID, l.ClientSecret} }

// left returns how long the access token is still valid.
func (l *login) left(now time.Time) time.Duration { return l.ExpiresAt.Sub(now) }

// renewed returns the login with new tokens.
func (l *login) renewed(p *pair) *login {
	next := *l
	next.AccessToken, next.ExpiresAt = p.access, p.expires
	if p.refresh != "" {
		next.RefreshToken = p.refresh
	}
	return &next
}

// errNoLogin says that there is no store.
var errNoLogin = errors.New("there is no login")

// store is a file that any number of processes read and write:
//
//	token.json      a complete login, always; it is only ever replaced
//	token.json.new  the next login, from before the tokens are asked for until
//	                it is renamed. One that a killed process left is the newer
//	                login, or blank: the process was killed before the answer.
//	token.lock      locked by the process that uses token.json.new
//
// Each must be a regular file of this user or of root, in a directory that only
// its owner can write. Reading token.json takes no lock.
type store struct {
	path   string
	warn   func(line string)
	warned bool
}

// storePath returns where the store is, by the XDG base directories.
func (o *Options) storePath() (string, error) {
	base := o.getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		home := cmp.Or(o.getenv("HOME"), o.getenv("USERPROFILE")) // the latter on Windows
		if home == "" {
			return "", failed("cannot tell where tokens are stored: neither XDG_STATE_HOME nor HOME is set")
		}
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, "restail", "token.json"), nil
}

func (s *store) newPath() string { return s.path + ".new" }

// exists reports whether there is a login, perhaps one that was not renamed yet.
func (s *store) exists() bool {
	for _, path := range []string{s.path, s.newPath()} {
		if _, err := os.Lstat(path); err == nil {
			return true
		}
	}
	return false
}

// read returns the login. Its error is errNoLogin or an *Error.
func (s *store) read() (*login, error) {
	file, err := s.open(s.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s.checkMode(file)
	l, err := decodeLogin(file)
	if err != nil {
		return nil, unauthorized("the stored login in %s is damaged: %v; `restail login` writes a new one", s.path, err)
	}
	return l, nil
}

// checkMode warns, once, about a file that others can read.
func (s *store) checkMode(file fs.File) {
	info, err := file.Stat()
	if err != nil || s.warned || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return
	}
	s.warned = true
	s.warn(fmt.Sprintf("other users can read %s (mode %04o): run chmod 600 on it, and log in again if one of them may have read it", s.path, info.Mode().Perm()))
}

func decodeLogin(r io.Reader) (*login, error) {
	text, err := io.ReadAll(io.LimitReader(r, storeLimit+1))
	if err != nil {
		return nil, err
	}
	if len(text) > storeLimit {
		return nil, fmt.Errorf("it is larger than %d MiB", storeLimit>>20)
	}
	l := new(login)
	if json.Unmarshal(text, l) != nil {
		return nil, errors.New("it is not the JSON that restail writes")
	}
	if l.AccessToken == "" {
		return nil, errors.New("there is no token in it")
	}
	return l, nil
}

// recover returns the login under the lock: that of a process that was killed
// before its rename, if there is one, else what read returns. interrupted
// reports that some process was killed before it got an answer.
func (s *store) recover() (l *login, interrupted bool, err error) {
	l, err = s.read()
	if untrusted(err) {
		return nil, false, err
	}
	file, openErr := s.open(s.newPath())
	if errors.Is(openErr, errNoLogin) {
		return l, false, err
	}
	if openErr != nil {
		return nil, false, openErr
	}
	next, decodeErr := decodeLogin(file)
	file.Close()
	if decodeErr != nil || err == nil && next.Serial <= l.Serial {
		return l, true, err
	}
	if err := s.rename(); err != nil {
		return nil, false, failed("cannot replace the stored login: %v", err)
	}
	return next, false, nil
}

// next is the file for the login that is about to be asked for.
type next struct {
	store *store
	file  *os.File
}

// prepare reserves space on the disk for the next login. It needs the lock. The
// caller calls put or drop.
func (s *store) prepare() (*next, error) {
	if err := os.Remove(s.newPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file, err := os.OpenFile(s.newPath(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	n := &next{s, file}
	if err = file.Chmod(0o600); err == nil { // whatever the umask
		// JSON may be followed by white space.
		_, err = file.Write(bytes.Repeat([]byte("\n"), reserved))
	}
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		n.drop()
		return nil, err
	}
	return n, nil
}

// write writes the login to the disk. From here on recover finds it.
func (n *next) write(l *login) error {
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if _, err := n.file.WriteAt(text, 0); err != nil {
		return err
	}
	if err := n.file.Truncate(int64(len(text))); err != nil {
		return err
	}
	return n.file.Sync()
}

// put makes l the stored login. When it fails after the write, recover finds the
// login later.
func (n *next) put(l *login) error {
	err := n.write(l)
	if closeErr := n.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return n.store.rename()
}

// drop removes the file.
func (n *next) drop() {
	n.file.Close()
	_ = os.Remove(n.store.newPath())
}

// rename makes the next login the stored one.
func (s *store) rename() error {
	err := os.Rename(s.newPath(), s.path)
	for try := 0; err != nil && runtime.GOOS == "windows" && try < 50; try++ {
		time.Sleep(lockPause) // another process is reading it
		err = os.Rename(s.newPath(), s.path)
	}
	s.syncDir()
	return err
}

// remove deletes the login. It needs the lock.
func (s *store) remove() error {
	for _, path := range []string{s.newPath(), s.path} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	s.syncDir()
	return nil
}

// syncDir makes a rename durable. Where a directory cannot be synced, both files
// are complete logins until the file system writes it.
func (s *store) syncDir() {
	if dir, err := os.Open(filepath.Dir(s.path)); err == nil {
		_ = dir.Sync()
		dir.Close()
	}
}
