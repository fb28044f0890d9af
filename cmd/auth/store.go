package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockPause = 20 * time.Millisecond
	// lockTime is longer than a refresh can take, the answer's wait included:
	// whoever holds the lock beyond it has been stopped.
	lockTime = 45 * time.Second
	// room is how much of the disk is taken before tokens are asked for, so
	// that there is a place for them when they come.
	room = 8 << 10
)

// login is what the store holds.
type login struct {
	// Serial grows with every write, so that of two files the newer is known
	// whatever the clock says.
	Serial       uint64    `json:"serial"`
	APIURL       string    `json:"api_url"`
	ClientID     string    `json:"client_id"`
	ClientSecret string    `json:"client_secret"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	ExpiresAt    time.Time `json:"expires_at"`
}

func (l *login) application() application { return application{l.ClientID, l.ClientSecret} }

// left is how long the access token still lives.
func (l *login) left(now time.Time) time.Duration { return l.ExpiresAt.Sub(now) }

// renewed is the login with new tokens.
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
//	token.json      a whole login, always; it is only ever replaced
//	token.json.new  the next one, from before it is asked for until it is
//	                renamed; found without its owner, it is the newer login, or
//	                blank: a refresh was killed before its answer came
//	token.lock      locked by whoever has to do with token.json.new
//
// Reading takes no lock.
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

// exists tells whether there is a login, be it one that was not renamed yet.
func (s *store) exists() bool {
	for _, path := range []string{s.path, s.newPath()} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// read returns the login; its error is errNoLogin or an *Error.
func (s *store) read() (*login, error) {
	file, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // HOME can be /dev/null
		return nil, errNoLogin
	}
	if err != nil {
		return nil, failed("cannot read the stored login: %v", err)
	}
	defer file.Close()
	s.checkMode(file)
	l, err := decodeLogin(file)
	if err != nil {
		return nil, unauthorized("the stored login in %s is damaged: %v; `restail login` writes a new one", s.path, err)
	}
	return l, nil
}

// checkMode warns, once, of a file that others can read.
func (s *store) checkMode(file fs.File) {
	info, err := file.Stat()
	if err != nil || s.warned || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return
	}
	s.warned = true
	s.warn(fmt.Sprintf("%s can be read by other users (mode %04o): run chmod 600 on it, and log in again if one of them may have", s.path, info.Mode().Perm()))
}

func decodeLogin(r io.Reader) (*login, error) {
	text, err := io.ReadAll(io.LimitReader(r, answerLimit))
	if err != nil {
		return nil, err
	}
	l := new(login)
	if json.Unmarshal(text, l) != nil {
		return nil, errors.New("it is not the JSON it should be")
	}
	if l.AccessToken == "" {
		return nil, errors.New("there is no token in it")
	}
	return l, nil
}

// lock makes the directory and waits until no other process is at the store.
// Its error is the context's or an *Error.
func (s *store) lock(ctx context.Context) (unlock func(), err error) {
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, failed("cannot make the directory for the login: %v", err)
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		_ = os.Chmod(dir, 0o700) // the file's own mode protects it too
	}
	path := filepath.Join(dir, "token.lock")
	file := flock.New(path, flock.SetPermissions(0o600))
	waiting, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	_, err = file.TryLockContext(waiting, lockPause)
	switch {
	case err == nil:
		return func() { _ = file.Unlock() }, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case waiting.Err() != nil:
		return nil, temporary("another process has held %s for %v: is a restail stopped?", path, lockTime)
	}
	return nil, failed("cannot lock the stored login: %v", err)
}

// recover returns the login under the lock: that of a process that was killed
// before its rename, if there is one, else what read returns. interrupted
// tells that some process was killed before it got an answer.
func (s *store) recover() (l *login, interrupted bool, err error) {
	l, err = s.read()
	file, openErr := os.Open(s.newPath())
	if openErr != nil {
		return l, false, err
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

// next is the place for the login that is about to be asked for.
type next struct {
	store *store
	file  *os.File
}

// prepare takes the room for the next login on the disk. It needs the lock.
// Whoever called it calls put or drop.
func (s *store) prepare() (*next, error) {
	if err := os.Remove(s.newPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file, err := os.OpenFile(s.newPath(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	n := &next{s, file}
	blank := make([]byte, room)
	for i := range blank {
		blank[i] = '\n' // JSON may be followed by white space
	}
	if _, err = file.Write(blank); err == nil {
		err = file.Sync()
	}
	if err != nil {
		n.drop()
		return nil, err
	}
	return n, nil
}

// write puts the login on the disk; from here on it is found after a crash.
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

// put makes l the stored login. What it managed to write stays where a later
// recover finds it.
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

// drop gives the place up.
func (n *next) drop() {
	n.file.Close()
	_ = os.Remove(n.store.newPath())
}

// rename makes the next login the stored one.
func (s *store) rename() error {
	err := os.Rename(s.newPath(), s.path)
	for try := 0; err != nil && runtime.GOOS == "windows" && try < 50; try++ {
		time.Sleep(lockPause) // somebody is reading it, which there stands in the way
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

// syncDir makes a rename last. Where a directory cannot be synced, the file
// system sees to it in its own time; both files hold whole logins until then.
func (s *store) syncDir() {
	if dir, err := os.Open(filepath.Dir(s.path)); err == nil {
		_ = dir.Sync()
		dir.Close()
	}
}
