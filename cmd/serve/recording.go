package serve

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode"
)

// Action is a frame of a show and its time.
type Action struct {
	// At is the time since the start of the show. It never decreases from one action
	// to the next.
	At time.Duration
	// Frame is sent as one WebSocket message.
	Frame []byte
	// Relinked reports that the recording has a new socket before this action, so
	// that the earlier connections do not count.
	Relinked bool
}

const (
	// memoryLimit bounds the memory that a recording takes, in bytes: its text,
	// and actionCost for each action.
	memoryLimit = 128 << 20
	actionCost  = 128
)

var errTooLarge = fmt.Errorf("it takes more than %d MiB of memory; serve a part of it: head -n 100000 FILE | restail serve -", memoryLimit>>20)

// Skipped counts the parts of a recording that are not served.
type Skipped struct {
	TooLarge int  // frames above the limit
	Broken   int  // lines that are not actions
	Cut      bool // the gzip stream ends early
}

// Recording reads a recording, plain or gzipped, and keeps its actions byte for
// byte. It skips blank lines and restail's own. The time of an action is its
// timestamp relative to the first one. An action without a timestamp, or with an
// earlier one than the action before, follows at once. The connection set at the head
// of a recording can have old timestamps, so its actions follow at once too.
func Recording(r io.Reader, maxFrame int) (actions []Action, skipped Skipped, err error) {
	return readActions(r, maxFrame, memoryLimit)
}

func readActions(r io.Reader, maxFrame, memory int) (actions []Action, skipped Skipped, err error) {
	text := &limitedReader{left: memory}
	if text.in, err = unpacked(r); err != nil {
		return nil, skipped, err
	}
	lines := recording.NewReader(text, maxFrame)
	p := collector{actions: []Action{}}
	for {
		line, err := lines.Read()
		switch {
		case errors.Is(err, recording.ErrTooLong):
			p.skipped.TooLarge++
		case errors.Is(err, io.EOF):
			return p.actions, p.skipped, nil
		case errors.Is(err, recording.ErrCut):
			p.skipped.Cut = true
			return p.actions, p.skipped, nil
		case errors.Is(err, errTooLarge):
			return nil, p.skipped, errTooLarge
		case errors.As(err, new(*recording.FormatError)):
			return nil, p.skipped, err
		case err != nil:
			return nil, p.skipped, fmt.Errorf("after %d actions: %w", len(p.actions), err)
		case p.add(line):
			text.left -= actionCost
		}
	}
}

// unpacked returns a reader of the text of a recording, which may be gzipped.
func unpacked(r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return in, nil
	}
	text, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("it looks gzipped but cannot be read: %w", err)
	}
	return text, nil
}

// limitedReader fails when more bytes are read than it may.
type limitedReader struct {
	in   io.Reader
	left int // bytes that may still be read
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, errTooLarge
	}
	n, err := l.in.Read(p)
	l.left -= n
	return n, err
}

// collector makes actions of the lines of a recording.
type collector struct {
	actions  []Action
	skipped  Skipped
	clock    recordedClock
	head     recording.Head
	parser   decode.Parser
	records  recording.LineParser // of lines that may be ndjson records
	relinked bool                 // the recording has a new socket after the last action
}

// add adds the action of a line. It returns false when the line is not an action.
func (p *collector) add(line []byte) bool {
	if own, ok := recording.ParseOwn(line); ok {
		p.relinked = p.relinked || own.Relinks()
		return false
	}
	var action decode.Action
	if p.parser.Parse(&action, line) != nil || !action.HasPayload() && p.records.Record(line, time.Time{}) != nil {
		p.skipped.Broken++
		return false
	}
	at := p.clock.last
	if !p.head.Has(action.Name(), len(line)) {
		at = p.clock.timeOf(line)
	}
	p.actions = append(p.actions, Action{At: at, Frame: bytes.Clone(line), Relinked: p.relinked})
	p.relinked = false
	return true
}

// recordedClock turns stamps into times since the first one.
type recordedClock struct {
	first time.Time
	last  time.Duration
}

// longest is the time of a frame whose stamp is later than that, 73 years after the
// first one: sums of such times must not overflow.
const longest = never / 4

// timeOf returns the time of a frame: that of the frame before it when it has no
// stamp or an earlier one.
func (c *recordedClock) timeOf(frame []byte) time.Duration {
	s, ok := readStamp(frame)
	if !ok {
		return c.last
	}
	if c.first.IsZero() {
		c.first = s.time()
	}
	c.last = max(c.last, min(s.time().Sub(c.first), longest))
	return c.last
}

// origin returns the timestamp of the start of a show; zero when no action has a usable
// one. A stamp minus the action's time is the start or earlier, since a stamp has whole
// seconds and an action may come later than it says. So the latest of these counts.
func origin(actions []Action) (start time.Time) {
	for _, a := range actions {
		if s, ok := readStamp(a.Frame); ok && s.time().Add(-a.At).After(start) {
			start = s.time().Add(-a.At)
		}
	}
	return start
}
