package session

import (
	"slices"
	"time"

	"github.com/restail/restail/decode"
)

const (
	// batchBytes and batchFrames are how large a batch grows while the source
	// has more to read.
	batchBytes  = 128 << 10
	batchFrames = 256
	// frameOverhead is what a waiting frame costs beyond its bytes.
	frameOverhead = 24
)

// A batch is what travels from goroutine to goroutine: frames, or one other
// item. It belongs to the goroutine that holds it.
type batch struct {
	received time.Time
	data     []byte   // the frames, one after the other
	ends     []int    // where each frame ends in data
	parsed   []parsed // one for each frame; shorter while they are not parsed
	actions  bool     // a frame is an action
	changes  []int    // the frames that change the connection map
	news     []news   // of the link, behind frames
	other    *Item    // instead of frames; nil for frames
}

// news is news of the link that the nth frame brings.
type news struct {
	behind int
	link   *Link
}

// parsed is what a frame says, or why it is not an action.
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

// frame returns the nth frame.
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
			b.parsed = b.parsed[:n+1]
		} else {
			b.parsed = append(b.parsed, parsed{})
		}
		p := &b.parsed[n]
		if p.err = parser.Parse(&p.action, b.frame(n)); p.err != nil {
			continue
		}
		b.actions = true
		if p.action.ChangesConnections() {
			b.changes = append(b.changes, n)
		}
	}
}

// reset makes the batch empty.
func (b *batch) reset() {
	b.data, b.ends, b.parsed = b.data[:0], b.ends[:0], b.parsed[:0]
	b.actions, b.changes, b.news = false, b.changes[:0], nil
}

// record gives the frames to a recorder, and news of the link behind the frame
// that brings it.
func (b *batch) record(to Recorder) {
	if len(b.news) == 0 {
		to.Frames(b.received, b.data, b.ends, b.changes)
		return
	}
	news := b.news
	for n := range b.ends {
		frame := b.frame(n)
		var changes []int
		if slices.Contains(b.changes, n) {
			changes = []int{0}
		}
		to.Frames(b.received, frame, []int{len(frame)}, changes)
		for len(news) > 0 && news[0].behind == n {
			to.Link(news[0].link)
			news = news[1:]
		}
	}
}

// size is what the batch costs in the queue, in bytes.
func (b *batch) size() int { return len(b.data) + frameOverhead*max(1, len(b.ends)) }

// compacted returns a copy of exactly the frames: the consumer parses them again.
func (b *batch) compacted() *batch {
	return &batch{
		received: b.received,
		data:     append(make([]byte, 0, len(b.data)), b.data...),
		ends:     append(make([]int, 0, len(b.ends)), b.ends...),
		news:     b.news,
		other:    b.other,
	}
}

// yield yields the items of the batch. more reports whether another batch is
// waiting.
func (b *batch) yield(more bool, yield func(Item, error) bool) bool {
	if b.other != nil {
		item := *b.other
		item.Received, item.More = b.received, more
		return yield(item, nil)
	}
	for n := range b.parsed {
		item := b.item(n)
		item.More = more || n+1 < len(b.parsed)
		if !yield(item, nil) {
			return false
		}
		for _, news := range b.news {
			if news.behind == n && !yield(Item{Link: news.link, Received: b.received, More: item.More}, nil) {
				return false
			}
		}
	}
	return true
}

// item returns what the nth frame is, which was parsed.
func (b *batch) item(n int) Item {
	p := &b.parsed[n]
	if p.err != nil {
		return Item{Broken: p.err, Frame: b.frame(n), Received: b.received}
	}
	return Item{Action: &p.action, Received: b.received}
}
