package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// flushBytes is how much is gathered before it is written although more is
// waiting.
const flushBytes = 16 << 10

// smallBatches is how many follow a large batch until its memory is given back.
const smallBatches = 16

// output gathers whole lines for stdout and writes them in batches. Whatever
// ends the run, stdout ends with a whole line. All but stopWriting is for the
// loop; the atomics may be read by anybody.
type output struct {
	w     io.Writer
	start time.Time
	// atomic is how many bytes a pipe takes whole or not at all, so that not
	// even the end of the process can cut what is being written; 0 where
	// there is no such promise.
	atomicSize int
	// free returns how many bytes the pipe takes whole at this moment, and await
	// waits until it takes size, unless it never will.
	free  func() int
	await func(size int)

	lines   []byte
	small   int   // batches since the last large one
	total   int64 // lines gathered since the start
	counted bool  // a line among those gathered counts for --idle

	gathered atomic.Int64 // lines that were to be written so far
	written  atomic.Int64 // lines that stdout has taken
	lastLine atomic.Int64 // when a line that counts for --idle was written, in nanoseconds since start
	progress atomic.Int64 // changes whenever stdout takes something
	flushing atomic.Bool  // stdout may be blocked

	writing sync.Mutex // held while w.Write runs
}

func newOutput(w io.Writer) *output {
	o := &output{w: w, start: time.Now(), atomicSize: atomicWrite(w)}
	if o.atomicSize > 0 {
		o.free = func() int { return pipeFree(w.(*os.File)) }
		o.await = func(size int) { awaitFree(w.(*os.File), size, func() { o.progress.Add(1) }) }
	}
	return o
}

// append stores the lines after a writer has appended one. counts reports whether
// that counts for --idle.
func (o *output) append(lines []byte, counts bool) {
	o.lines = lines
	o.total++
	o.counted = o.counted || counts
}

// isFull tells whether the batch should be flushed although more is waiting.
func (o *output) isFull() bool { return len(o.lines) >= flushBytes }

// flush writes what was gathered.
func (o *output) flush() error {
	if len(o.lines) == 0 {
		return nil
	}
	o.gathered.Store(o.total)
	o.flushing.Store(true)
	defer o.flushing.Store(false)
	for rest := o.lines; len(rest) > 0; {
		n := o.piece(rest)
		o.writing.Lock()
		written, err := o.w.Write(rest[:n])
		o.writing.Unlock()
		if err != nil {
			takeBack(o.w, rest[:written])
			o.lines = nil
			return writeError(err)
		}
		if n < len(rest) {
			o.written.Add(int64(bytes.Count(rest[:n], []byte("\n"))))
		}
		rest = rest[n:]
		o.progress.Add(1)
	}
	o.written.Store(o.total)
	if o.counted {
		o.counted = false
		o.lastLine.Store(int64(time.Since(o.start)))
	}
	o.forget(len(o.lines))
	return nil
}

// lastWrite is how long the write under way may go on when the process is to end
// at once.
const lastWrite = 100 * time.Millisecond

// stopWriting waits for the write under way, though not for long, and keeps
// another one from beginning. Then the process must end.
func (o *output) stopWriting() {
	for end := time.Now().Add(lastWrite); !o.writing.TryLock() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// forget empties the batch. The memory of a huge one is given back once enough
// small ones have followed.
func (o *output) forget(size int) {
	o.lines = o.lines[:0]
	switch {
	case cap(o.lines) <= 4*flushBytes, size > flushBytes:
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
	if o.atomicSize == 0 || len(lines) <= o.atomicSize {
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
	free := min(max(o.atomicSize, o.free()), len(lines))
	return bytes.LastIndexByte(lines[:free], '\n') + 1
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

// terminal reports whether a stream of the Env is a terminal.
func terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// terminalWidth returns a function that returns how many columns the terminal
// behind a stream of the Env has at the moment, 0 when it does not say. It
// returns nil when the stream is not a terminal.
func terminalWidth(stream any) func() int {
	if !terminal(stream) {
		return nil
	}
	fd := int(stream.(*os.File).Fd())
	return func() int {
		width, _, err := term.GetSize(fd)
		if err != nil {
			return 0
		}
		return width
	}
}
