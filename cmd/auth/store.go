package auth

import (
	"bytes"
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
	// lockTime is longer than a refresh can take, including the wait for its answer.
	// A process that holds the lock for longer is suspended.
	lockTime = 45 * time.Second
	// retryPause is the pause before another try to lock or to rename.
	retryPause = 20 * time.Millisecond
	// storeLimit is the largest store that is read, in bytes.
	storeLimit = 1 << 20
	// reservedBytes is how many bytes are written to the disk before tokens are
	// requested, so that there is space for them.
	reservedBytes = 8 << 10
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

// left returns how long the access token stays valid.
func (l *login) left(now time.Time) time.Duration { return l.ExpiresAt.Sub(now) }

// renewed returns the login with new tokens.
func (l *login) renewed(p *pair) *login {
	next := *l
	next.Serial++
	next.AccessToken, next.ExpiresAt = p.access, p.expires
	next.RefreshToken = cmp.Or(p.refresh, l.RefreshToken)
	return &next
}

// store is a login on the disk, which any number of processes read and write:
//
//	token.json      always a complete login; it is replaced, never changed
//	token.json.new  the next login, from before the tokens are requested until
//	                it is renamed. A killed process leaves a newer login there,
//	                or blanks when it was killed before the answer.
//	token.lock      locked by the process that uses token.json.new
//
// Each must be a regular file of this user or of root, in a directory that only
// its owner can write. Reading token.json takes no lock.
type store struct {
	path   string
	warn   func(line string)
	warned bool
}

// newStore returns the store, whose place follows the XDG base directories.
func newStore(o *Options) (*store, error) {
	base := o.getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		home := cmp.Or(o.getenv("HOME"), o.getenv("USERPROFILE")) // the latter on Windows
		if home == "" {
			return nil, failed("cannot tell where tokens are stored: neither XDG_STATE_HOME nor HOME is set")
		}
		base = filepath.Join(home, ".local", "state")
	}
	return &store{path: filepath.Join(base, "restail", "token.json"), warn: o.Warn}, nil
}

func (s *store) newPath() string { return s.path + ".new" }

// exists reports whether there is a login, perhaps one that was not renamed yet.
func (s *store) exists() bool {
	_, err := os.Lstat(s.path)
	_, newErr := os.Lstat(s.newPath())
	return err == nil || newErr == nil
}

// read returns the login. Its error is ErrNoLogin or another *Error.
func (s *store) read() (*login, error) {
	file, err := openTrusted(s.path)
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
	l := new(login)
	switch {
	case err != nil:
		return nil, err
	case len(text) > storeLimit:
		return nil, fmt.Errorf("it is larger than %d MiB", storeLimit>>20)
	case json.Unmarshal(text, l) != nil:
		return nil, errors.New("it is not the JSON that restail writes")
	case l.AccessToken == "":
		return nil, errors.New("there is no token in it")
	}
	return l, nil
}

// recover returns the login. If a process was killed before it could rename a newer
// login, that is renamed and returned; otherwise recover returns what read does. It
// needs the lock.
func (s *store) recover() (*login, error) {
	l, err := s.read()
	if untrusted(err) {
		return nil, err
	}
	file, openErr := openTrusted(s.newPath())
	if untrusted(openErr) {
		return nil, openErr
	}
	if openErr != nil {
		return l, err
	}
	next, decodeErr := decodeLogin(file)
	file.Close()
	if decodeErr != nil || err == nil && next.Serial <= l.Serial {
		return l, err
	}
	if err := s.rename(); err != nil {
		return nil, temporary("cannot replace the stored login: %v", err)
	}
	return next, nil
}

// prepare reserves space on the disk for the next login. It needs the lock. The
// caller calls put or drop.
func (s *store) prepare() (*os.File, error) {
	if err := os.Remove(s.newPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	next, err := os.OpenFile(s.newPath(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err = next.Chmod(0o600); err == nil { // whatever the umask
		_, err = next.Write(bytes.Repeat([]byte("\n"), reservedBytes)) // JSON may end in white space
	}
	if err == nil {
		err = next.Sync()
	}
	if err != nil {
		s.drop(next)
		return nil, err
	}
	return next, nil
}

// put makes l the stored login, through the file that prepare made. When only the
// rename fails, recover finds the login later.
func (s *store) put(next *os.File, l *login) error {
	text, err := json.MarshalIndent(l, "", "  ")
	if err == nil {
		_, err = next.WriteAt(append(text, '\n'), 0)
	}
	if err == nil {
		err = next.Truncate(int64(len(text) + 1))
	}
	if err == nil {
		err = next.Sync()
	}
	if err = cmp.Or(err, next.Close()); err != nil {
		return err
	}
	return s.rename()
}

// drop removes the file that prepare made.
func (s *store) drop(next *os.File) {
	next.Close()
	_ = os.Remove(s.newPath())
}

// rename makes the next login the stored one.
func (s *store) rename() error {
	err := os.Rename(s.newPath(), s.path)
	for try := 0; err != nil && runtime.GOOS == "windows" && try < 50; try++ {
		time.Sleep(retryPause) // another process is reading it
		err = os.Rename(s.newPath(), s.path)
	}
	s.syncDir()
	return err
}

// remove deletes the login. It needs the lock.
func (s *store) remove() error {
	for _, path := range []string{s.newPath(), s.path} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failed("cannot delete the stored login: %v", err)
		}
	}
	s.syncDir()
	return nil
}

// syncDir makes a rename durable. It ignores errors: a crash before the file system
// writes the directory leaves a complete login under either name.
func (s *store) syncDir() {
	if dir, err := os.Open(filepath.Dir(s.path)); err == nil {
		_ = dir.Sync()
		dir.Close()
	}
}

// lock makes the directory and waits until no other process uses token.json.new.
// Its error is the context's or an *Error.
func (s *store) lock(ctx context.Context) (unlock func(), err error) {
	dir := filepath.Dir(s.path)
	if err := makePrivate(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "token.lock")
	if err := makeLock(path); err != nil {
		return nil, err
	}
	file := flock.New(path, flock.SetFlag(os.O_RDONLY|openSafely))
	waiting, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	_, err = file.TryLockContext(waiting, retryPause)
	switch {
	case err == nil:
		return func() { _ = file.Unlock() }, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case waiting.Err() != nil:
		return nil, temporary("another process has held %s for %v: is another restail suspended?", path, lockTime)
	}
	return nil, failed("cannot lock the stored login: %v", err)
}

// makeLock makes the lock file if it is missing, and checks one that is there.
func makeLock(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		file, err = openTrusted(path)
	} else if err == nil {
		err = file.Chmod(0o600) // whatever the umask
	}
	file.Close()
	if err != nil && !untrusted(err) {
		err = failed("cannot lock the stored login: %v", err)
	}
	return err
}

// makePrivate makes the directory of the store if it is missing, and takes the
// permissions of other users away from one that they can only read.
func makePrivate(dir string) error {
	_, err := os.Stat(dir)
	isNew := missing(err)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return failed("cannot make the directory for the login: %v", err)
	}
	if err := checkDir(dir); err != nil {
		return err
	}
	if info, err := os.Stat(dir); err == nil && (isNew || info.Mode().Perm()&0o077 != 0) {
		_ = os.Chmod(dir, 0o700) // whatever the umask; the files have modes of their own
	}
	return nil
}

// untrusted reports whether an error is about a file of the store that must be
// neither used nor replaced.
func untrusted(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.status == statusUsage
}

// missing reports whether err means that the file does not exist.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) // HOME can be /dev/null
}

// openTrusted opens one of the store's files for reading, if it is a regular
// file of this user or of root. It never waits for a FIFO. Its error is
// ErrNoLogin or another *Error.
func openTrusted(path string) (*os.File, error) {
	if err := checkDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|openSafely, 0)
	if missing(err) {
		return nil, ErrNoLogin
	}
	if err != nil {
		if info, statErr := os.Lstat(path); statErr == nil && info.Mode()&fs.ModeSymlink != 0 {
			return nil, usage("%s is a symbolic link: the stored login must be a regular file", path)
		}
		return nil, usage("cannot read the stored login: %v", err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = usage("cannot read the stored login: %v", err)
	case info.IsDir():
		err = usage("%s is a directory: the stored login must be a regular file", path)
	case !info.Mode().IsRegular():
		err = usage("%s is a FIFO or a device: the stored login must be a regular file", path)
	case !trusted(info):
		err = usage("%s belongs to another user: run restail as that user, or remove the file and run `restail login`", path)
	default:
		return file, nil
	}
	file.Close()
	return nil, err
}

// checkDir refuses a directory in which another user could replace the store.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case missing(err) || err == nil && !info.IsDir():
		return ErrNoLogin
	case err != nil:
		return usage("cannot read the stored login: %v", err)
	case !trusted(info):
		return usage("the directory %s belongs to another user: the stored login needs one of your own", dir)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0:
		return usage("other users can write to the directory %s (mode %04o): run chmod 700 on it, and log in again", dir, info.Mode().Perm())
	}
	return nil
}
