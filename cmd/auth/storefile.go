package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/gofrs/flock"
)

// missing reports whether err means that the file does not exist.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) // HOME can be /dev/null
}

// untrusted reports whether an error is about a file of the store that must be
// neither used nor replaced.
func untrusted(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && e.status == statusUsage
}

// open opens one of the store's files for reading, if it can be trusted. It
// never waits for a FIFO. Its error is errNoLogin or an *Error.
func (s *store) open(path string) (*os.File, error) {
	if err := checkDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|openSafely, 0)
	if missing(err) {
		return nil, errNoLogin
	}
	if err != nil {
		return nil, unusable(path, err)
	}
	if err := checkFile(file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// unusable explains why a file of the store cannot be opened.
func unusable(path string, err error) *Error {
	if info, statErr := os.Lstat(path); statErr == nil && info.Mode()&fs.ModeSymlink != 0 {
		return usage("%s is a symbolic link: the stored login must be a regular file", path)
	}
	return usage("cannot read the stored login: %v", err)
}

// checkFile refuses what is not a regular file of this user or of root.
func checkFile(file *os.File) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return usage("cannot read the stored login: %v", err)
	case info.IsDir():
		return usage("%s is a directory: the stored login must be a regular file", file.Name())
	case !info.Mode().IsRegular():
		return usage("%s is a FIFO or a device: the stored login must be a regular file", file.Name())
	case !trusted(info):
		return usage("%s belongs to another user: run restail as that user, or remove the file and run `restail login`", file.Name())
	}
	return nil
}

// checkDir refuses a directory in which another user could replace the store.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case missing(err):
		return errNoLogin
	case err != nil:
		return usage("cannot read the stored login: %v", err)
	case !info.IsDir():
		return errNoLogin
	case !trusted(info):
		return usage("the directory %s belongs to another user: the stored login needs one of your own", dir)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0:
		return usage("other users can write to the directory %s (mode %04o): run chmod 700 on it, and log in again", dir, info.Mode().Perm())
	}
	return nil
}

// lock makes the directory and waits until no other process uses token.json.new.
// Its error is the context's or an *Error.
func (s *store) lock(ctx context.Context) (unlock func(), err error) {
	dir := filepath.Dir(s.path)
	if err := makeDir(dir); err != nil {
		return nil, failed("cannot make the directory for the login: %v", err)
	}
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		_ = os.Chmod(dir, 0o700) // the files have modes of their own
	}
	path := filepath.Join(dir, "token.lock")
	if err := makeLock(path); err != nil {
		return nil, err
	}
	file := flock.New(path, flock.SetFlag(os.O_RDONLY|openSafely))
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

// makeDir makes a directory and its parents with mode 0700, whatever the umask.
func makeDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	err = os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) { // another process made it, or it is a link to nowhere
		_, err = os.Stat(dir)
		return err
	}
	if err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// makeLock makes the lock file if it is missing, and checks one that is there.
func makeLock(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Chmod(0o600) // whatever the umask
		file.Close()
	}
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return failed("cannot lock the stored login: %v", err)
	}
	if file, err = os.OpenFile(path, os.O_RDONLY|openSafely, 0); err != nil {
		return unusable(path, err)
	}
	defer file.Close()
	return checkFile(file)
}
