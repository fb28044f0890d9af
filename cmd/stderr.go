package cmd

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/format"
)

const (
	// stderrBytes is how much waits at most for the reader of stderr.
	stderrBytes = 256 << 10
	// stderrPiece is how much is written at once, so that a slow reader's
	// progress shows.
	stderrPiece = 4 << 10
)

// stderr is a writer that does not wait for its reader: a goroutine writes,
// in order, what waits. When too much waits, the oldest is dropped, so that the
// error that ends the run comes out as soon as somebody reads. A line in its
// place says how much is missing. Write errors are dropped, for there is
// nowhere to report them.
type stderr struct {
	w io.Writer

	mu       sync.Mutex
	status   *format.Status // formats the line about what was dropped
	waiting  [][]byte
	size     int           // bytes in waiting
	dropped  int           // lines
	writing  bool          // the goroutine runs
	progress chan struct{} // closed after the next write
}

func newStderr(w io.Writer) *stderr {
	return &stderr{w: w, progress: make(chan struct{})}
}

// use sets the status that knows the mode of the lines. Call it before the
// first Write.
func (s *stderr) use(status *format.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Write takes a copy of p and returns without waiting for the reader.
func (s *stderr) Write(p []byte) (int, error) {
	if s.add(bytes.Clone(p)) {
		// The goroutine goes first: without this, lines that are written to
		// stdout next would often overtake this one on a terminal.
		runtime.Gosched()
	}
	return len(p), nil
}

// add reports whether it started the goroutine.
func (s *stderr) add(p []byte) (started bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, p)
	s.size += len(p)
	for s.size > stderrBytes && len(s.waiting) > 1 {
		s.dropped += max(1, bytes.Count(s.waiting[0], []byte{'\n'}))
		s.removeFirst()
	}
	if s.writing {
		return false
	}
	s.writing = true
	go s.writeAll()
	return true
}

func (s *stderr) removeFirst() {
	s.size -= len(s.waiting[0])
	s.waiting[0] = nil
	s.waiting = s.waiting[1:]
}

// writeAll writes until nothing waits.
func (s *stderr) writeAll() {
	for {
		p, more := s.next()
		for piece := range slices.Chunk(p, stderrPiece) {
			if _, err := s.w.Write(piece); err != nil {
				break
			}
			s.progressed()
		}
		if !more {
			s.progressed()
			return
		}
	}
}

func (s *stderr) progressed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.progress)
	s.progress = make(chan struct{})
}

// next returns what is to be written next; more is false when nothing waits.
func (s *stderr) next() (p []byte, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dropped > 0:
		p = s.status.Dropped(s.dropped)
		s.dropped = 0
	case len(s.waiting) > 0:
		p = s.waiting[0]
		s.removeFirst()
	default:
		s.writing = false
		return nil, false
	}
	return p, true
}

// flush waits until everything is written, or until the reader has taken
// nothing for that long. A write that is blocked then goes on in its goroutine.
func (s *stderr) flush(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		s.mu.Lock()
		writing, progress := s.writing, s.progress
		s.mu.Unlock()
		if !writing {
			return
		}
		select {
		case <-progress:
			timer.Reset(wait)
		case <-timer.C:
			return
		}
	}
}
