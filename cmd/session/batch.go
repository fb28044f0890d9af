package session

import (
	"slices"
	"time"

	"github.com/restail/restail/decode"
)

const (
	// batchBytes and batchFrames are the sizes at which a batch is full and handed over.
	batchBytes  = 128 << 10
	batchFrames = 256
	// frameOverhead is the memory of a waiting frame beyond its text, in bytes.
	frameOverhead = 24
)

// A batch is what the goroutines pass on: frames, or one other item. It belongs to the
// goroutine that holds it.
type batch struct {
	received      time.Time
	completeUntil time.Time // see Item
	data          []byte    // the frames, one after the other
	ends          []int     // where each frame ends in data
	parsed        []parsed  // one for each frame that was parsed: the first ones or all
	hasAction     bool      // at least one frame is an action
	changes       []int     // the indexes of the frames that change the connection map

	other *Item // instead of frames; nil for frames
	err   error // why a socket or a recording ended; else nil
}

// parsed is a frame's action, or why the frame is not an action.
type parsed struct {
	action decode.Action
	err    error
}

// add copies a frame into the batch.
func (b *batch) add(frame []byte) {
	b.data = append(b.data, frame...)
	b.ends = append(b.ends, len(b.data))
}

func (b *batch) isFull() bool { return len(b.data) >= batchBytes || len(b.ends) >= batchFrames }

// size returns what the batch counts for in the queue, in bytes.
func (b *batch) size() int {
	size := len(b.data) + frameOverhead*b.len()
	if b.other != nil {
		size += len(b.other.Frame)
	}
	return size
}

// frame returns the nth frame, counted from 0.
func (b *batch) frame(n int) []byte {
	from := 0
	if n > 0 {
		from = b.ends[n-1]
	}
	return b.data[from:b.ends[n]:b.ends[n]]
}

// parse parses the frames that are not parsed yet.
func (b *batch) parse(parser *decode.Parser) {
	for n := len(b.parsed); n < len(b.ends); n++ {
		if n < cap(b.parsed) {
			b.parsed = b.parsed[:n+1] // reuses the memory of an earlier action
		} else {
			b.parsed = append(b.parsed, parsed{})
		}
		p := &b.parsed[n]
		if p.err = parser.Parse(&p.action, b.frame(n)); p.err != nil {
			continue
		}
		b.hasAction = true
		if p.action.ChangesConnections() {
			b.changes = append(b.changes, n)
		}
	}
}

// len returns the number of items.
func (b *batch) len() int { return max(1, len(b.ends)) }

// item returns the nth item. The frames must be parsed before.
func (b *batch) item(n int) Item {
	switch {
	case b.other != nil:
		item := *b.other
		item.Received = b.received
		return item
	case b.parsed[n].err != nil:
		return Item{Broken: b.parsed[n].err, Frame: b.frame(n), Received: b.received, CompleteUntil: b.completeUntil}
	}
	return Item{Action: &b.parsed[n].action, Received: b.received, CompleteUntil: b.completeUntil}
}

// split removes the frames after the nth and returns them.
func (b *batch) split(n int) *batch {
	rest := &batch{received: b.received}
	for after := n + 1; after < len(b.ends); after++ {
		rest.add(b.frame(after))
	}
	b.data, b.ends, b.parsed = b.data[:b.ends[n]], b.ends[:n+1], b.parsed[:n+1]
	b.changes = slices.DeleteFunc(b.changes, func(change int) bool { return change > n })
	return rest
}

// compacted returns a copy that has no spare memory and no parsed actions: the
// consumer parses the frames again.
func (b *batch) compacted() *batch {
	return &batch{
		received: b.received, completeUntil: b.completeUntil,
		data:  append(make([]byte, 0, len(b.data)), b.data...),
		ends:  append(make([]int, 0, len(b.ends)), b.ends...),
		other: b.other, err: b.err,
	}
}

// reset makes the batch empty.
func (b *batch) reset() {
	b.data, b.ends, b.parsed = b.data[:0], b.ends[:0], b.parsed[:0]
	b.hasAction, b.changes = false, b.changes[:0]
}
