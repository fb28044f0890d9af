package cmd

import (
	"bytes"
	"hash/maphash"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

const (
	// stderrBytes is how much waits at most for a reader that does not read.
	stderrBytes = 64 << 10
	// stderrPiece is how much is written at once, so that a slow reader's
	// progress shows.
	stderrPiece = 4 << 10
	// stderrWait is how long a line may hold up its caller.
	stderrWait = 100 * time.Millisecond
)

// stderr is a writer that no reader can stop. A goroutine does the writing, and
// Write waits for it, so that lines of stderr and stdout come out in order. But
// when that takes longer than stderrWait, lines wait in memory and Write returns
// at once, until the reader has caught up. When too much waits, the oldest lines
// are dropped, and a line in their place says how many: the newest may be the
// error that ends the run. Write errors are dropped, for there is nowhere to
// report them.
type stderr struct {
	w io.Writer

	mu       sync.Mutex
	status   *format.Status // formats the line about what was dropped
	waiting  [][]byte
	size     int           // bytes in waiting
	dropped  int           // lines
	writing  bool          // the goroutine runs
	behind   bool          // the reader has not caught up
	progress chan struct{} // closed after the next write
}

func newStderr(w io.Writer) *stderr {
	return &stderr{w: w, progress: make(chan struct{})}
}

// use sets the status that formats the line about dropped lines.
func (s *stderr) use(status *format.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Write takes a copy of p. It never fails.
func (s *stderr) Write(p []byte) (int, error) {
	if !s.add(bytes.Clone(p)) && !s.wait(stderrWait, false) {
		s.mu.Lock()
		s.behind = s.writing
		s.mu.Unlock()
	}
	return len(p), nil
}

func (s *stderr) add(p []byte) (behind bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, p)
	s.size += len(p)
	for s.size > stderrBytes && len(s.waiting) > 1 {
		s.dropped += max(1, bytes.Count(s.waiting[0], []byte{'\n'}))
		s.removeFirst()
	}
	if !s.writing {
		s.writing = true
		go s.writeAll()
	}
	return s.behind
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
		s.writing, s.behind = false, false
		return nil, false
	}
	return p, true
}

// flush waits until everything is written, or until the reader has taken
// nothing for that long. A write that is blocked then goes on in its goroutine.
func (s *stderr) flush(limit time.Duration) { s.wait(limit, true) }

// wait waits until everything is written, and returns false when that takes
// longer than limit. With restart, the time begins anew when the reader takes
// something.
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

// notes makes status lines of what somebody writes to stderr without regard to
// --status=json: another program, or a login.
type notes struct {
	tell func(line string)
	rest []byte
}

// Write tells each line once it is whole, and a prompt at once, since whoever
// is asked has to see it. Blank lines tell nothing.
func (n *notes) Write(p []byte) (int, error) {
	n.rest = append(n.rest, p...)
	for {
		line, rest, whole := bytes.Cut(n.rest, []byte("\n"))
		if !whole && !bytes.HasSuffix(line, []byte(": ")) {
			return len(p), nil
		}
		if len(bytes.TrimSpace(line)) > 0 {
			n.tell(string(line))
		}
		if n.rest = rest; !whole {
			return len(p), nil
		}
	}
}

const (
	// maxBroken is the number of broken frames that a run shows. After that, one
	// line per brokenEvery counts the rest.
	maxBroken   = 100
	brokenEvery = time.Minute
)

// brokenFrames reports the frames that are not actions.
type brokenFrames struct {
	shown   int
	waiting int64     // skipped since the last line
	since   time.Time // the last line; once maxBroken were shown, the first frame after them
}

// report reports one frame, or counts it for a later line.
func (b *brokenFrames) report(status *format.Status, err error, frame []byte, now time.Time) {
	if b.shown < maxBroken {
		b.shown++
		status.Frame(err, frame)
		return
	}
	if b.since.IsZero() {
		b.since = now
	}
	b.waiting++
	if now.Sub(b.since) >= brokenEvery {
		b.flush(status)
		b.since = now
	}
}

// flush reports the frames that were counted since the last line. The pipe
// calls it at its end.
func (b *brokenFrames) flush(status *format.Status) {
	if b.waiting > 0 {
		status.MoreFrames(b.waiting)
		b.waiting = 0
	}
}

// maxMistakes bounds how many different messages are shown and remembered:
// further ones are only counted.
const maxMistakes = 1000

// mistakes are the errors of a filter that were shown.
type mistakes struct {
	seed  maphash.Seed
	shown map[uint64]bool // by the hash of the message, which can quote a whole frame
	muted bool            // there were too many
}

// show shows the error that the filter made of a record, each distinct message
// once.
func (m *mistakes) show(status *format.Status, message string, r *record.Record) {
	if m.shown == nil {
		m.seed, m.shown = maphash.MakeSeed(), map[uint64]bool{}
	}
	hash := maphash.String(m.seed, message)
	switch {
	case m.shown[hash], m.muted:
	case len(m.shown) < maxMistakes:
		m.shown[hash] = true
		status.Filter(message, r)
	default:
		m.muted = true
		status.Filter("too many different errors to show: from here on they are only counted", nil)
	}
}
