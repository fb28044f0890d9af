package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	// stateLimit is the size of the largest state that is read, in bytes.
	stateLimit = 16 << 20
	// saveEvery is the least time between two writes.
	saveEvery = time.Second
)

// A State is a file that keeps, from run to run, the time up to which the chat is
// complete. A lock on the file with .lock appended to its name keeps other processes away.
// Use a State from one goroutine.
type State struct {
	path    string
	lock    *flock.Flock
	warn    func(error)
	lastRun content
	thisRun content
	edge    func() []byte // returns the edge of thisRun; nil for none
	written []byte        // by this run
	savedAt time.Time
	warned  bool // warn was called
}

// content is the content of the file.
type content struct {
	Restail  string    `json:"restail"` // always "state"
	Version  int       `json:"version"`
	Complete time.Time `json:"complete"`
	// Edge is the result of history.Backfill.Edge at that time. The next run needs it to
	// fill the gap after this one.
	Edge json.RawMessage `json:"edge,omitempty"`
}

const stateVersion = 1

// OpenState opens a state file. A missing or empty file counts as a state without an
// earlier run. A file that is not restail's state is an error, and so is one that another
// process uses. warn is called with the first error of a later write.
func OpenState(path string, warn func(error)) (*State, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // otherwise Save would replace the link
	}
	if _, err := readState(path); err != nil { // first, so that no lock file appears beside a foreign file
		return nil, err
	}
	s := &State{path: path, warn: warn, lock: flock.New(path + ".lock")}
	locked, err := s.lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot use %s as a state: make its folder first", path)
	case err != nil:
		return nil, fmt.Errorf("cannot lock the state: %w", err)
	case !locked:
		return nil, fmt.Errorf("another process uses the state %s: give each one its own", path)
	}
	if s.lastRun, err = readState(path); err != nil {
		_ = s.lock.Unlock()
		return nil, err
	}
	return s, nil
}

func readState(path string) (content, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return content{}, nil
	case err == nil && !info.Mode().IsRegular():
		return content{}, fmt.Errorf("cannot use %s as a state: not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return content{}, fmt.Errorf("cannot read the state: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, stateLimit+1))
	if err != nil {
		return content{}, fmt.Errorf("cannot read the state: %w", err)
	}
	var c content
	switch err := json.Unmarshal(text, &c); {
	case len(bytes.TrimSpace(text)) == 0:
		return content{}, nil
	case err != nil, len(text) > stateLimit, c.Restail != "state":
		return content{}, fmt.Errorf("%s is not a state that restail wrote: choose another file, or remove it", path)
	case c.Version != stateVersion:
		return content{}, fmt.Errorf("the state %s is of another version of restail (%d, not %d): choose another file, or remove it", path, c.Version, stateVersion)
	}
	return c, nil
}

// Complete returns the time up to which the chat of the last run is complete. It returns
// false when no earlier run has saved one.
func (s *State) Complete() (time.Time, bool) { return s.lastRun.Complete, !s.lastRun.Complete.IsZero() }

// Edge returns the edge that the last run saved; nil for none.
func (s *State) Edge() []byte { return s.lastRun.Edge }

// Save saves the time up to which the chat is complete. edge returns the edge for that
// time, as JSON or nil; Save and Close call it when they may write the file. edge itself
// can be nil. Save writes at most once a second, only what has changed, and waits for the
// disk: call it regularly, but not from the goroutine that reads the chat.
func (s *State) Save(complete time.Time, edge func() []byte) {
	s.thisRun.Complete, s.edge = complete.UTC().Round(0), edge
	if time.Since(s.savedAt) >= saveEvery {
		s.write()
	}
}

// Close writes what is not written yet, and releases the lock.
func (s *State) Close() {
	s.write()
	_ = s.lock.Unlock()
}

func (s *State) write() {
	if s.thisRun.Complete.IsZero() {
		return
	}
	s.savedAt = time.Now()
	if s.edge != nil {
		s.thisRun.Edge = s.edge()
	}
	if err := s.replace(); err != nil && !s.warned {
		s.warned = true
		s.warn(fmt.Errorf("cannot write the state: %w", err))
	}
}

// replace writes a new file and renames it over the old one, so that the file is complete
// at any time. It writes nothing if the old one is the same.
func (s *State) replace() error {
	s.thisRun.Restail, s.thisRun.Version = "state", stateVersion
	text, err := json.Marshal(s.thisRun)
	if err != nil {
		return err
	}
	if text = append(text, '\n'); bytes.Equal(text, s.written) {
		return nil
	}
	next := s.path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a run that was killed
		return err
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(next, s.path)
	}
	if err != nil {
		_ = os.Remove(next)
		return err
	}
	syncFolder(s.path)
	s.written = text
	return nil
}
