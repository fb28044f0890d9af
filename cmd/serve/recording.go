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

// Action is one frame of a show and its time.
type Action struct {
	// At is the time since the start of the show. It never goes back from one
	// action to the next.
	At time.Duration
	// Frame is what is sent, one WebSocket message.
	Frame []byte
	// Relinked reports that the recording has a new socket before this action: what
	// the connections were does not count any more.
	Relinked bool
}

const (
	// memoryLimit bounds the memory that a recording takes, in bytes: its text,
	// and actionCost for each action.
	memoryLimit = 128 << 20
	actionCost  = 128
)

var errTooLarge = fmt.Errorf("it takes more than %d MiB of memory; serve a part of it: head -n 100000 FILE | restail serve -", memoryLimit>>20)

// Skipped is what of a recording is not served.
type Skipped struct {
	TooLarge int  // frames of more than the limit
	Broken   int  // lines that are not actions
	Cut      bool // the gzip stream ends early
}

// Recording reads a recording, plain or gzipped: one action a line. It keeps
// actions byte for byte. Blank lines and restail's own are none; a byte-order
// mark or NUL bytes before a line are skipped. The time of an action is its
// timestamp relative to the first one; an action that has an earlier timestamp
// than the one before it, or none, follows at once.
func Recording(r io.Reader, maxFrame int) (actions []Action, skipped Skipped, err error) {
	return readActions(r, maxFrame, memoryLimit)
}

func readActions(r io.Reader, maxFrame, memory int) (actions []Action, skipped Skipped, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, skipped, fmt.Errorf("it looks gzipped but cannot be read: %w", err)
		}
		defer unzipped.Close()
		in = bufio.NewReaderSize(unzipped, 64<<10)
	}
	lines := lineReader{in: in, most: maxFrame, left: memory}
	p := player{actions: []Action{}}
	for {
		line, whole, err := lines.next()
		if !whole {
			p.skipped.TooLarge++
		} else if p.add(line) {
			lines.left -= actionCost
		}
		switch {
		case errors.Is(err, io.EOF):
			return p.actions, p.skipped, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			p.skipped.Cut = true
			return p.actions, p.skipped, nil
		case err != nil:
			return nil, p.skipped, fmt.Errorf("after %d actions: %w", len(p.actions), err)
		}
	}
}

// player makes the actions of a show from the lines of a recording.
type player struct {
	actions  []Action
	skipped  Skipped
	clock    recordedClock
	parser   decode.Parser
	relinked bool // the recording has a new socket behind the last action
}

// add adds the action of a line; false when it has none.
func (p *player) add(line []byte) bool {
	line = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(line, "\x00"), byteOrderMark), "\x00")
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(bytes.TrimSpace(line)) == 0 {
		return false
	}
	if own, ok := recording.ParseOwn(line); ok {
		p.relinked = p.relinked || own.Relinks()
		return false
	}
	if p.parser.Parse(new(decode.Action), line) != nil {
		p.skipped.Broken++
		return false
	}
	p.actions = append(p.actions, Action{At: p.clock.at(line), Frame: bytes.Clone(line), Relinked: p.relinked})
	p.relinked = false
	return true
}

var byteOrderMark = []byte("\ufeff")

// lineReader reads lines in a bounded amount of memory.
type lineReader struct {
	in   *bufio.Reader
	most int // the longest line that is kept, in bytes
	left int // how many bytes more may be read
	line []byte
}

// next returns the next line without its line end, valid until the next call.
// Of a line that is too long it returns nothing: whole is false. The last line
// comes with an error.
func (l *lineReader) next() (line []byte, whole bool, err error) {
	l.line, whole = l.line[:0], true
	for {
		piece, err := l.in.ReadSlice('\n')
		if l.left -= len(piece); l.left < 0 {
			return nil, true, errTooLarge
		}
		piece, ended := bytes.CutSuffix(piece, []byte("\n"))
		if whole = whole && len(l.line)+len(piece) <= l.most; whole {
			l.line = append(l.line, piece...)
		} else {
			l.line = l.line[:0]
		}
		if ended || !errors.Is(err, bufio.ErrBufferFull) {
			return l.line, whole, err
		}
	}
}

// recordedClock turns stamps into times since the first one.
type recordedClock struct {
	first time.Time
	last  time.Duration
}

func (c *recordedClock) at(frame []byte) time.Duration {
	s, ok := readStamp(frame)
	if !ok {
		return c.last
	}
	if c.first.IsZero() {
		c.first = s.time()
	}
	c.last = max(c.last, s.time().Sub(c.first))
	return c.last
}

// origin is the first usable stamp of a show, zero when it has none: the
// moment that its times are relative to.
func origin(actions []Action) time.Time {
	for _, a := range actions {
		if s, ok := readStamp(a.Frame); ok {
			return s.time().Add(-a.At)
		}
	}
	return time.Time{}
}
