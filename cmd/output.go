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

// flushBytes is how many bytes are collected before they are written although more
// input is waiting.
const flushBytes = 16 << 10

// smallBatches is how many small batches must follow a large one before its memory is
// released.
const smallBatches = 16

// output collects whole lines for stdout and writes them in batches. Whatever ends
// the run, stdout ends with a whole line. Only the loop calls its methods, apart from
// stopWriting; other goroutines can read the atomic fields.
type output struct {
	w     io.Writer
	start time.Time
	// atomicSize is the largest write that a pipe takes whole or not at all, so that
	// even the end of the process cannot cut it. It is 0 if w promises nothing.
	atomicSize int
	// space returns how many bytes the pipe takes whole at this moment.
	space func() int
	// waitSpace waits until the pipe takes size bytes whole, unless it never will.
	waitSpace func(size int)

	lines  []byte
	small  int   // small batches since the last large one
	total  int64 // lines collected since the start
	counts bool  // a collected line counts for --idle

	collected atomic.Int64 // total at the last flush
	written   atomic.Int64 // lines that stdout has taken
	lastLine  atomic.Int64 // when a line that counts for --idle was last written, in nanoseconds since start
	progress  atomic.Int64 // changes whenever stdout takes something
	flushing  atomic.Bool  // stdout can be blocked

	writing sync.Mutex // held during w.Write
}

func newOutput(w io.Writer) *output {
	o := &output{w: w, start: time.Now(), atomicSize: atomicWriteSize(w)}
	if o.atomicSize > 0 {
		o.space = func() int { return pipeSpace(w.(*os.File)) }
		o.waitSpace = func(size int) { waitPipeSpace(w.(*os.File), size, func() { o.progress.Add(1) }) }
	}
	return o
}

// append stores the lines after a writer has appended one. counts says whether that
// line counts for --idle.
func (o *output) append(lines []byte, counts bool) {
	o.lines = lines
	o.total++
	o.counts = o.counts || counts
}

// isFull reports whether to flush although more input is waiting.
func (o *output) isFull() bool { return len(o.lines) >= flushBytes }

// flush writes the collected lines.
func (o *output) flush() error {
	if len(o.lines) == 0 {
		return nil
	}
	o.collected.Store(o.total)
	o.flushing.Store(true)
	defer o.flushing.Store(false)
	for rest := o.lines; len(rest) > 0; {
		n := o.writeSize(rest)
		o.writing.Lock()
		written, err := o.w.Write(rest[:n])
		o.writing.Unlock()
		if err != nil {
			truncatePartialLine(o.w, rest[:written])
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
	if o.counts {
		o.counts = false
		o.lastLine.Store(int64(time.Since(o.start)))
	}
	o.reset(len(o.lines))
	return nil
}

// lastWriteTimeout is how long the write under way can continue when the process is to
// end at once.
const lastWriteTimeout = 100 * time.Millisecond

// stopWriting waits for the write under way, up to lastWriteTimeout, and prevents
// another one. The process must end after that.
func (o *output) stopWriting() {
	for end := time.Now().Add(lastWriteTimeout); !o.writing.TryLock() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// reset empties the batch, which has size bytes. It releases the memory of a large
// batch after enough small ones.
func (o *output) reset(size int) {
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

// writeSize returns how many bytes of lines to write at once: all, or the whole lines
// that the pipe takes at this moment. It waits for space when not even one line fits.
func (o *output) writeSize(lines []byte) int {
	if o.atomicSize == 0 || len(lines) <= o.atomicSize {
		return len(lines)
	}
	if n := o.fitting(lines); n > 0 {
		return n
	}
	line := bytes.IndexByte(lines, '\n') + 1
	o.waitSpace(line)
	return max(line, o.fitting(lines))
}

// fitting returns the size of the whole lines that the pipe takes at this moment.
func (o *output) fitting(lines []byte) int {
	space := min(max(o.atomicSize, o.space()), len(lines))
	return bytes.LastIndexByte(lines[:space], '\n') + 1
}

// wholeLines writes the lines of a command that prints few. A disk that becomes full
// leaves no partial line.
type wholeLines struct{ io.Writer }

func (w wholeLines) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		truncatePartialLine(w.Writer, p[:n])
	}
	return n, err
}

// truncatePartialLine removes a partial line at the end of what was written to a file
// before the disk was full.
func truncatePartialLine(w io.Writer, written []byte) {
	partial := len(written) - bytes.LastIndexByte(written, '\n') - 1
	file, ok := w.(*os.File)
	if !ok || partial == 0 {
		return
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	// Another process can have appended since: then the end of the file is not ours.
	if end, err := file.Seek(0, io.SeekCurrent); err == nil && end == info.Size() {
		file.Truncate(end - int64(partial))
	}
}

// writeError returns the error of a failed write to stdout. A reader that went away
// is no failure: it ends the run with status 0.
func writeError(err error) error {
	if err == nil {
		return nil
	}
	if isReaderGone(err) {
		return silentExit{statusDone}
	}
	return fmt.Errorf("cannot write to stdout: %w", err)
}

// isTerminal reports whether a stream of the Env is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// terminalWidth returns a function that returns the current number of columns of the
// terminal behind a stream of the Env, 0 if it is unknown. It returns nil if the
// stream is not a terminal.
func terminalWidth(stream any) func() int {
	if !isTerminal(stream) {
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
