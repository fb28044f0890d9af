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
	// saveEvery is how often a state is written at most.
	saveEvery = time.Second
)

// State is a file that remembers, from run to run, until when the chat was
// complete. FILE.lock beside it keeps other processes away. Use a State on one
// goroutine.
type State struct {
	path    string
	lock    *flock.Flock
	warn    func(error)
	before  content
	now     content
	edge    func() []byte // of now; nil for none
	unsaved bool
	savedAt time.Time
	warned  bool
}

// content is what the file has. Fields may be added.
type content struct {
	Restail  string    `json:"restail"` // "state": tells the file from others
	Version  int       `json:"version"`
	Complete time.Time `json:"complete"`
	// Edge is what the filling of gaps keeps of the last seconds.
	Edge json.RawMessage `json:"edge,omitempty"`
}

const stateVersion = 1

// OpenState opens a state file. One that is missing or empty is a new one. It is
// an error when the file is not a state of restail's, or when another process
// uses it. warn is called with the first error of a later write.
func OpenState(path string, warn func(error)) (*State, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // or Save would replace the link
	}
	if _, err := readState(path); err != nil { // before a lock is made beside it
		return nil, err
	}
	s := &State{path: path, warn: warn, lock: flock.New(path + ".lock")}
	locked, err := s.lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot lock the state: %w", err)
	case !locked:
		return nil, fmt.Errorf("another process uses the state %s: give each one its own", path)
	}
	if s.before, err = readState(path); err != nil {
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

// Complete returns until when the chat was complete in the run before, false when
// there was none.
func (s *State) Complete() (time.Time, bool) { return s.before.Complete, !s.before.Complete.IsZero() }

// Edge returns the edge that the run before saved; nil when there is none.
func (s *State) Edge() []byte { return s.before.Edge }

// Save remembers until when the chat is complete, and the edge of that moment, JSON
// or nil, which is asked for when the file is written. It writes the file at most
// once a second, and waits for the disk then: call it again and again, from another
// goroutine than the stream's.
func (s *State) Save(complete time.Time, edge func() []byte) {
	if !complete.Equal(s.now.Complete) {
		s.now.Complete, s.edge, s.unsaved = complete.UTC().Round(0), edge, true
	}
	if s.unsaved && time.Since(s.savedAt) >= saveEvery {
		s.write()
	}
}

// Close writes what is not written yet.
func (s *State) Close() {
	if s.unsaved {
		s.write()
	}
	_ = s.lock.Unlock()
}

func (s *State) write() {
	s.savedAt = time.Now()
	if s.edge != nil {
		s.now.Edge = s.edge()
	}
	if err := s.replace(); err == nil {
		s.unsaved = false
	} else if !s.warned {
		s.warned = true
		s.warn(fmt.Errorf("cannot write the state: %w", err))
	}
}

// replace writes a new file and gives it the name, so that there is a whole one
// at any time.
func (s *State) replace() error {
	s.now.Restail, s.now.Version = "state", stateVersion
	text, err := json.Marshal(s.now)
	if err != nil {
		return err
	}
	next := s.path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was killed
		return err
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(next, s.path)
	}
	if err != nil {
		_ = os.Remove(next)
		return err
	}
	syncFolder(s.path)
	return nil
}
