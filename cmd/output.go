package cmd

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// batchBytes is how much is gathered before it is written although more is
// waiting. Pieces of 4 to 32 KiB go through a pipe of 64 KiB fastest.
const batchBytes = 32 << 10

// output gathers whole lines for stdout and writes them in batches, one Write
// each, so that no batch ends within a line.
type output struct {
	w     io.Writer
	lines []byte
	// lastWrite is when a line was last written, in Unix nanoseconds.
	lastWrite atomic.Int64
}

// full tells whether the batch should be flushed although more is waiting.
func (o *output) full() bool { return len(o.lines) >= batchBytes }

// flush writes what was gathered.
func (o *output) flush() error {
	if len(o.lines) == 0 {
		return nil
	}
	_, err := o.w.Write(o.lines)
	o.lines = o.lines[:0]
	if cap(o.lines) > 4*batchBytes {
		o.lines = nil // one huge action is no reason to keep its memory
	}
	if err != nil {
		return writeError(err)
	}
	o.lastWrite.Store(time.Now().UnixNano())
	return nil
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
