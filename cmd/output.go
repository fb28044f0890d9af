package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// batchBytes is how much is gathered before it is written although more is
// waiting.
const batchBytes = 16 << 10

// smallBatches is how many follow a large batch until its memory is given back.
const smallBatches = 16

// output gathers whole lines for stdout and writes them in batches. Whatever
// ends the run, stdout ends with a whole line.
type output struct {
	w io.Writer
	// atomic is how many bytes a pipe takes whole or not at all, so that not
	// even the end of the process can cut what is being written; 0 where
	// there is no such promise.
	atomic int
	// room tells how much more than that a pipe takes whole at this moment, and
	// await waits until it takes so much, if it ever will.
	room  func() int
	await func(size int)
	lines []byte
	small int // batches since the last large one
	// lastWrite is when a line was last written, in Unix nanoseconds.
	lastWrite atomic.Int64
	writing   atomic.Bool // a flush is under way: it may be waiting for the reader
}

func newOutput(w io.Writer) *output {
	o := &output{w: w, atomic: atomicWrite(w)}
	if o.atomic > 0 {
		o.room = func() int { return pipeRoom(w.(*os.File)) }
		o.await = func(size int) { awaitRoom(w.(*os.File), size) }
	}
	return o
}

// full tells whether the batch should be flushed although more is waiting.
func (o *output) full() bool { return len(o.lines) >= batchBytes }

// flush writes what was gathered.
func (o *output) flush() error {
	o.writing.Store(true)
	defer o.writing.Store(false)
	for rest := o.lines; len(rest) > 0; {
		n := o.piece(rest)
		written, err := o.w.Write(rest[:n])
		if err != nil {
			takeBack(o.w, rest[:written])
			o.lines = nil
			return writeError(err)
		}
		rest = rest[n:]
		o.lastWrite.Store(time.Now().UnixNano())
	}
	o.forget(len(o.lines))
	return nil
}

// forget empties the batch. The memory of a huge one is given back once enough
// small ones have followed.
func (o *output) forget(size int) {
	o.lines = o.lines[:0]
	switch {
	case cap(o.lines) <= 4*batchBytes, size > batchBytes:
		o.small = 0
	case o.small < smallBatches:
		o.small++
	default:
		o.lines, o.small = nil, 0
	}
}

// piece returns how many bytes to write at once: all, or as many whole lines as
// the reader gets whole. For one that is larger it waits until that gets it whole.
func (o *output) piece(lines []byte) int {
	if o.atomic == 0 || len(lines) <= o.atomic {
		return len(lines)
	}
	if n := o.whole(lines); n > 0 {
		return n
	}
	line := bytes.IndexByte(lines, '\n') + 1
	o.await(line)
	return max(line, o.whole(lines))
}

// whole returns how many bytes of whole lines a pipe takes whole at this moment.
func (o *output) whole(lines []byte) int {
	room := min(max(o.atomic, o.room()), len(lines))
	return bytes.LastIndexByte(lines[:room], '\n') + 1
}

// takeBack removes the part of a line at the end of what was written to a file
// before the disk was full.
func takeBack(w io.Writer, written []byte) {
	part := len(written) - bytes.LastIndexByte(written, '\n') - 1
	file, ok := w.(*os.File)
	if !ok || part == 0 {
		return
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	// Others may have written behind us since: then it is not ours to cut.
	if end, err := file.Seek(0, io.SeekCurrent); err == nil && end == info.Size() {
		file.Truncate(end - int64(part))
	}
}

// writeError gives a failed write to stdout its meaning: a reader that went
// away is no failure.
func writeError(err error) error {
	if err == nil {
		return nil
	}
	if readerGone(err) {
		return stopped{statusDone}
	}
	return fmt.Errorf("cannot write to stdout: %w", err)
}
