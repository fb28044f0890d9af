package session

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
)

// A TooLongError is a line of a recording that is no frame because of its
// length.
type TooLongError struct {
	Line  int // counted from 1
	Limit int // in bytes
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("line %d is longer than the limit of %s (--max-frame)", e.Line, size(e.Limit))
}

// maxEmptyReads is how often in a row a reader may return nothing.
const maxEmptyReads = 100

// read puts the recording into the queue, until its end or until ctx is done.
func (r *Replay) read(ctx context.Context) error {
	in, err := gunzipped(r.o.R)
	if err != nil {
		return readError(err)
	}
	lines := splitter{queue: r.queue, limit: r.o.MaxFrame}
	empty := 0
	for err == nil && empty < maxEmptyReads {
		r.queue.publish() // the next read may wait for ever
		r.queue.hold(ctx.Done())
		if ctx.Err() != nil {
			return nil
		}
		var n int
		n, err = lines.read(in)
		if empty++; n > 0 {
			empty = 0
		}
	}
	lines.end()
	switch {
	case err == nil:
		return readError(io.ErrNoProgress)
	case err == io.EOF:
		return nil
	}
	return readError(err)
}

func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the recording is cut short: %w", err)
	}
	return fmt.Errorf("the recording cannot be read further: %w", err)
}

// gunzipped returns what is in r, unpacked if it is gzipped, which its first
// two bytes tell.
func gunzipped(r io.Reader) (io.Reader, error) {
	// Reads of more than its buffer go past it.
	peeked := bufio.NewReaderSize(r, 16)
	if magic, _ := peeked.Peek(2); string(magic) != "\x1f\x8b" {
		return peeked, nil
	}
	return gzip.NewReader(bufio.NewReaderSize(peeked, wireBuffer))
}

// A splitter makes frames of lines. It reads into the last slab of the queue
// and finds the lines there.
type splitter struct {
	queue *queue
	limit int  // bytes of the longest line
	from  int  // where the unfinished line begins in the slab
	seen  int  // up to where it is known to have no end
	lines int  // how many were finished
	skip  bool // the unfinished line is too long
}

// read reads once and returns how many bytes that were.
func (l *splitter) read(in io.Reader) (int, error) {
	s := l.queue.tail
	if cap(s.data)-len(s.data) < minRoom {
		s = l.queue.move(l.from)
		l.from, l.seen = 0, len(s.data)
	}
	n, err := in.Read(s.data[len(s.data):cap(s.data)])
	s.data = s.data[:len(s.data)+n]
	l.split()
	return n, err
}

// split finds the lines that are finished, and gives up one that is too long.
func (l *splitter) split() {
	for {
		s := l.queue.tail
		n := bytes.IndexByte(s.data[l.seen:], '\n')
		if n < 0 {
			l.seen = len(s.data)
			break
		}
		l.finish(l.seen + n)
	}
	s := l.queue.tail
	if unfinished := len(s.data) - l.from; !l.skip && unfinished > l.limit+len("\r") {
		l.tooLong(len(s.data))
		l.skip = true
	}
	if l.skip {
		s = l.queue.tail
		s.data, l.seen = s.data[:l.from], l.from
	}
}

// finish takes the line that ends at to, where its line feed is.
func (l *splitter) finish(to int) {
	data := l.queue.tail.data
	line := bytes.TrimSuffix(data[l.from:to], []byte("\r"))
	switch {
	case l.skip:
		l.skip = false
	case len(line) > l.limit:
		l.tooLong(to + 1)
		l.lines++
		return
	case !isBlank(line):
		l.queue.add(l.from, l.from+len(line))
	}
	l.lines++
	l.from, l.seen = to+1, to+1
}

// end takes a last line without a line feed.
func (l *splitter) end() {
	if !l.skip && l.from < len(l.queue.tail.data) {
		l.finish(len(l.queue.tail.data))
	}
}

// tooLong reports the unfinished line and goes on at rest in a new slab.
func (l *splitter) tooLong(rest int) {
	old := l.queue.tail.data
	l.queue.say(Item{Broken: &TooLongError{Line: l.lines + 1, Limit: l.limit}})
	rest = min(rest, len(old))
	s := l.queue.next(max(slabSize, len(old)-rest))
	s.data = append(s.data, old[rest:]...)
	l.from, l.seen = 0, 0
}

func isBlank(line []byte) bool {
	return len(bytes.Trim(line, " \t\r")) == 0
}
