package serve

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"
)

// Action is one frame of a show and its time.
type Action struct {
	// At is the time since the start of the show. It never goes back from one
	// action to the next.
	At time.Duration
	// Frame is what is sent, one WebSocket message.
	Frame []byte
}

// Recording reads what `restail -o raw` wrote: one action a line, plain or
// gzipped. Frames are kept byte for byte, also those that are no JSON: a
// client has to cope with them. Blank lines are none. Each action has its
// place by its timestamp relative to the first; one that is stamped earlier
// than its predecessor, or not at all, follows it at once.
func Recording(r io.Reader) ([]Action, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("the recording looks gzipped but cannot be read: %w", err)
		}
		defer unzipped.Close()
		in = bufio.NewReaderSize(unzipped, 64<<10)
	}
	actions := []Action{}
	var clock recordedClock
	for {
		line, err := in.ReadBytes('\n')
		if frame := bytes.TrimSuffix(line, []byte("\n")); len(bytes.TrimSpace(frame)) > 0 {
			actions = append(actions, Action{At: clock.at(frame), Frame: frame})
		}
		switch {
		case errors.Is(err, io.EOF):
			return actions, nil
		case err != nil:
			return nil, fmt.Errorf("the recording cannot be read after %d actions: %w", len(actions), err)
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
