package recording

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/decode"
)

const (
	// maxChunk is the size of a chunk, unless the backlog is small: the larger a write, the
	// less each byte costs.
	maxChunk = 512 << 10
	// freeChunks is how many chunks are kept for reuse. While the disk is slow, all are
	// kept: otherwise new chunks and those not yet collected would need twice the memory.
	freeChunks = 8
	// keepChunks is for how long after that all chunks are still kept.
	keepChunks = 10 * time.Second
)

// backlog holds lines that wait for the disk.
type backlog struct {
	limit int           // in bytes
	wake  chan struct{} // there is something to do

	mu          sync.Mutex // guards what follows
	queue       []*chunk
	free        []*chunk
	bytes       int       // memory of the chunks that were added and not released
	overflowing bool      // the backlog is full, so new lines are not recorded
	slowAt      time.Time // when more than freeChunks chunks were last queued

	reopening, closing bool      // set by Writer.Reopen and Writer.Close
	written            time.Time // see Writer.Written
}

// A chunk holds lines that are written together.
type chunk struct {
	span
	own     bool // all lines are restail's own; otherwise all are frames
	changes bool // at least one line changes the connection map
	missing bool // the lines are not recorded; text has only those that change the map
	text    []byte
	queued  time.Time // when the first line was added
	size    int       // what the chunk counts for in backlog.bytes
}

// span describes the lines of some period. The zero span is empty.
type span struct {
	first, last time.Time // when the first and the last line were received
	actions     int       // how many of the lines are frames
}

func (s *span) isEmpty() bool { return s.first.IsZero() }

// add extends the span by another one.
func (s *span) add(other span) {
	switch {
	case other.isEmpty():
		return
	case s.isEmpty():
		*s = other
		return
	}
	if other.first.Before(s.first) {
		s.first = other.first
	}
	if other.last.After(s.last) {
		s.last = other.last
	}
	s.actions += other.actions
}

// signal wakes Writer.run.
func (b *backlog) signal() {
	select {
	case b.wake <- struct{}{}:
	default: // run has not received the last signal yet, and one is enough
	}
}

// addFrames puts frames into the backlog, each as a line. A full backlog keeps only those
// that change the connection map, so that the map stays right.
func (b *backlog) addFrames(received time.Time, data []byte, ends, changes []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	linesAreWhole := !hasLineBreak(data)
	from := 0
	for n, end := range ends {
		frame := data[from:end]
		from = end
		isChange := len(changes) > 0 && changes[0] == n
		if isChange {
			changes = changes[1:]
		}
		c := b.chunkFor(len(frame)+1, false)
		switch {
		case c.missing && (!isChange || b.bytes-c.size+len(c.text)+len(frame) >= b.limit):
		case linesAreWhole:
			c.text = append(append(c.text, frame...), '\n')
		default:
			c.text = appendLine(c.text, frame)
		}
		c.changes = c.changes || isChange
		c.add(span{received, received, 1})
		b.count(c)
	}
}

// addOwn puts one of restail's own lines into the backlog. A full backlog keeps only those
// that change the connection map.
func (b *backlog) addOwn(received time.Time, line []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.chunkFor(len(line), true)
	isKept := !c.missing
	if !isKept {
		own, _ := ParseOwn(line)
		isKept = own.Relinks()
	}
	if isKept {
		c.text = append(c.text, line...)
	}
	c.add(span{received, received, 0})
	b.count(c)
}

func (b *backlog) chunkSize() int { return min(maxChunk, b.limit/8) }

// chunkFor returns the chunk to add a line of n bytes to. An eighth of the limit is
// reserved for the connection actions of missing chunks. An overflow lasts until only half
// of the limit is in use, since otherwise a slow disk would cause many short holes.
func (b *backlog) chunkFor(n int, own bool) *chunk {
	if b.overflowing {
		b.overflowing = b.bytes > b.limit/2
	} else {
		b.overflowing = b.bytes > 0 && b.bytes+n > b.limit-b.limit/8
	}
	if len(b.queue) > 0 {
		c := b.queue[len(b.queue)-1]
		if c.own == own && c.missing == b.overflowing && (c.missing || len(c.text)+n <= cap(c.text)) {
			return c
		}
	}
	c := new(chunk)
	switch {
	case b.overflowing:
	case n > b.chunkSize():
		c.text = make([]byte, 0, n)
	case len(b.free) > 0:
		c = b.free[len(b.free)-1]
		b.free = b.free[:len(b.free)-1]
	default:
		c.text = make([]byte, 0, b.chunkSize())
	}
	*c = chunk{text: c.text[:0], own: own, missing: b.overflowing, queued: time.Now()}
	b.queue = append(b.queue, c)
	return c
}

// count updates bytes after c has grown.
func (b *backlog) count(c *chunk) {
	b.bytes += cap(c.text) - c.size
	c.size = cap(c.text)
}

// take returns all waiting chunks, and whether to reopen or close the file after them.
func (b *backlog) take() (chunks []*chunk, reopen, closing bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	chunks, b.queue = b.queue, nil
	switch now := time.Now(); {
	case len(chunks) > freeChunks:
		b.slowAt = now
	case len(b.free) > freeChunks && now.Sub(b.slowAt) >= keepChunks:
		b.free = slices.Clone(b.free[:freeChunks])
	}
	reopen, b.reopening = b.reopening, false
	return chunks, reopen, b.closing
}

// release takes back a chunk that was written, for reuse.
func (b *backlog) release(c *chunk) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes -= c.size
	if cap(c.text) == b.chunkSize() {
		b.free = append(b.free, c)
	}
}

// advance moves the time that Written returns.
func (b *backlog) advance(written time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if written.After(b.written) {
		b.written = written
	}
}

func hasLineBreak(text []byte) bool {
	return bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0
}

// appendLine appends a frame as a line. Line breaks in a frame are removed with all white
// space between the JSON values. In a broken frame blanks replace them.
func appendLine(dst, frame []byte) []byte {
	if !hasLineBreak(frame) {
		return append(append(dst, frame...), '\n')
	}
	var parser decode.Parser
	var action decode.Action
	var line bytes.Buffer
	if parser.Parse(&action, frame) == nil && json.Compact(&line, action.Frame()) == nil {
		return append(append(dst, line.Bytes()...), '\n')
	}
	start := len(dst)
	dst = append(dst, frame...)
	for i, c := range dst[start:] {
		if c == '\n' || c == '\r' {
			dst[start+i] = ' '
		}
	}
	return append(dst, '\n')
}
