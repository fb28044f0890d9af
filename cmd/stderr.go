package cmd

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/format"
)

const (
	// stderrBytes limits what waits for a reader that does not read.
	stderrBytes = 64 << 10
	// stderrChunk is the size of one write, so that the progress of a slow reader
	// shows.
	stderrChunk = 4 << 10
	// stderrWait is how long a line can delay its caller.
	stderrWait = 100 * time.Millisecond
	// stderrEnd is how long the end of a run waits for a reader that takes nothing. The
	// last line may be the error that ended the run, and a busy computer is slow to write
	// it.
	stderrEnd = time.Second
)

// stderr is a writer that no reader can block. A goroutine writes, and Write waits
// for it, so that lines of stderr and stdout come out in order. When that takes longer
// than stderrWait, lines wait in a queue and Write returns at once, until the reader
// has caught up. When the queue is full, the oldest lines are dropped, and a line in
// their place says how many: the newest line may be the error that ends the run.
// Write errors are ignored, because there is nowhere to report them.
type stderr struct {
	w io.Writer

	mu       sync.Mutex
	status   *format.Status // formats the line about dropped lines
	queue    [][]byte
	size     int           // bytes in the queue
	dropped  int           // lines
	writing  bool          // the goroutine runs
	behind   bool          // the reader has not caught up
	progress chan struct{} // closed after the next write
}

func newStderr(w io.Writer) *stderr {
	return &stderr{w: w, progress: make(chan struct{})}
}

// setStatus sets the status that formats the line about dropped lines.
func (s *stderr) setStatus(status *format.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Write takes a copy of p. It never fails.
func (s *stderr) Write(p []byte) (int, error) {
	if !s.enqueue(bytes.Clone(p)) && !s.wait(stderrWait, false) {
		s.mu.Lock()
		s.behind = s.writing
		s.mu.Unlock()
	}
	return len(p), nil
}

// enqueue appends p to the queue, and starts the goroutine if it does not run.
func (s *stderr) enqueue(p []byte) (behind bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, p)
	s.size += len(p)
	for s.size > stderrBytes && len(s.queue) > 1 {
		s.dropped += max(1, bytes.Count(s.queue[0], []byte{'\n'}))
		s.dequeue()
	}
	if !s.writing {
		s.writing = true
		go s.writeAll()
	}
	return s.behind
}

// dequeue removes the first line of the queue.
func (s *stderr) dequeue() {
	s.size -= len(s.queue[0])
	s.queue[0] = nil
	s.queue = s.queue[1:]
}

// writeAll writes until the queue is empty.
func (s *stderr) writeAll() {
	for {
		p, more := s.next()
		for chunk := range slices.Chunk(p, stderrChunk) {
			if _, err := s.w.Write(chunk); err != nil {
				break
			}
			s.signalProgress()
		}
		if !more {
			s.signalProgress()
			return
		}
	}
}

// signalProgress wakes the goroutines that wait for a write.
func (s *stderr) signalProgress() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.progress)
	s.progress = make(chan struct{})
}

// next returns what to write next; more is false when the queue is empty.
func (s *stderr) next() (p []byte, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dropped > 0:
		p = s.status.Dropped(s.dropped)
		s.dropped = 0
	case len(s.queue) > 0:
		p = s.queue[0]
		s.dequeue()
	default:
		s.writing, s.behind = false, false
		return nil, false
	}
	return p, true
}

// flush waits until everything is written, or until the reader has taken nothing for
// limit. A write that is blocked then goes on in its goroutine.
func (s *stderr) flush(limit time.Duration) { s.wait(limit, true) }

// wait waits until everything is written. It returns false when that takes longer
// than limit. With restart, the time starts again whenever the reader takes something.
func (s *stderr) wait(limit time.Duration, restart bool) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		s.mu.Lock()
		writing, progress := s.writing, s.progress
		s.mu.Unlock()
		if !writing {
			return true
		}
		select {
		case <-progress:
			if restart {
				timer.Reset(limit)
			}
		case <-timer.C:
			return false
		}
	}
}

// lineSplitter is a writer that passes on what it gets line by line. It turns text that
// does not know --status=json, such as that of a login, into status lines.
type lineSplitter struct {
	emit    func(line string)
	partial []byte
}

// Write passes on each whole line, and a prompt at once, because the user has to see
// it before answering. It skips blank lines.
func (s *lineSplitter) Write(p []byte) (int, error) {
	s.partial = append(s.partial, p...)
	for {
		line, rest, whole := bytes.Cut(s.partial, []byte("\n"))
		if !whole && !bytes.HasSuffix(line, []byte(": ")) {
			return len(p), nil
		}
		if len(bytes.TrimSpace(line)) > 0 {
			s.emit(string(line))
		}
		if s.partial = rest; !whole {
			return len(p), nil
		}
	}
}

const (
	// maxBroken is how many broken frames a run shows. After that, one line per
	// brokenEvery says how many more there were.
	maxBroken   = 100
	brokenEvery = time.Minute
)

// brokenFrames reports the frames that are not actions.
type brokenFrames struct {
	shown      int
	unreported int64     // frames since the last line
	last       time.Time // the time of the last line; after maxBroken, that of the next frame
}

// report reports one frame, or counts it for a later line.
func (b *brokenFrames) report(status *format.Status, err error, frame []byte, now time.Time) {
	if b.shown < maxBroken {
		b.shown++
		status.Frame(err, frame)
		return
	}
	if b.last.IsZero() {
		b.last = now
	}
	b.unreported++
	if now.Sub(b.last) >= brokenEvery {
		b.flush(status)
		b.last = now
	}
}

// flush reports how many frames were counted since the last line. Call it at the end
// of the run.
func (b *brokenFrames) flush(status *format.Status) {
	if b.unreported > 0 {
		status.MoreFrames(b.unreported)
		b.unreported = 0
	}
}
