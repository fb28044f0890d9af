package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// printer formats records and collects their lines in an output.
type printer struct {
	*output
	writer format.Writer
	left   int // lines until --count is reached; it begins at 0 without --count
}

// errCount ends the loop after the last line of --count.
var errCount = errors.New("all lines are written")

// entry is one record on its way to stdout.
type entry struct {
	record *record.Record
	raw    []byte // the filter's $raw; nil for null
	line   []byte // what -o raw writes
	counts bool   // for --count and --idle
}

// isRaw reports whether the format writes the action as it was received.
func (p *printer) isRaw() bool {
	_, isRaw := p.writer.(format.Raw)
	return isRaw
}

// learn tells the text format about a connection, even one whose record is not written.
func (p *printer) learn(l record.Linked) {
	if text, ok := p.writer.(*format.Text); ok {
		text.Know(l)
	}
}

// record prints a record.
func (p *printer) record(e entry) error {
	return p.collect(p.writer.Record(p.lines, e.record, e.line), e.counts)
}

// value prints a value that the filter has put in place of a record.
func (p *printer) value(value any, counts bool) error {
	return p.collect(p.writer.Value(p.lines, value), counts)
}

// collect stores lines, to which the writer has appended one line or none. counts says
// whether that line counts for --count and --idle.
func (p *printer) collect(lines []byte, counts bool) error {
	if len(lines) == len(p.lines) {
		return nil
	}
	p.append(lines, counts)
	if !counts {
		return nil
	}
	if p.left--; p.left == 0 {
		return errCount
	}
	return nil
}

// newWriter returns the format's writer. A format that cannot select fields refuses
// --fields on the command line, and ignores it from the environment or the configuration,
// where it is a default for every format.
func (r *run) newWriter(o *outputFlags) (format.Writer, error) {
	fields, err := o.Fields.fields()
	if err != nil {
		return nil, r.flagError("fields", err)
	}
	chosen := format.ByName(o.Format)
	if fields != nil && !chosen.TakesFields && r.origins["fields"] == "" {
		message := "--fields needs --format=" + formatsWithFields()
		if origin := r.origins["format"]; origin != "" {
			message += ", but " + origin + " says " + o.Format
		}
		return nil, usageError(errors.New(message), "a jq program chooses fields in every format: -f '{author, text}'")
	}
	options := format.Options{Fields: fields}
	if chosen.ForPeople {
		options.Text = format.TextOptions{
			Color: r.color(o.Color), PlatformColors: decode.PlatformColors(),
			Clock: o.Time.Clock, Location: o.Time.location, Width: terminalWidth(r.Stdout),
		}
	}
	return chosen.New(options), nil
}

// formatsWithFields lists the formats that can select fields.
func formatsWithFields() string {
	var names []string
	for _, f := range format.Formats {
		if f.TakesFields {
			names = append(names, f.Name)
		}
	}
	return joinOr(names)
}

// color reports whether to colour the text format. auto means only on a terminal
// that can show colours, unless NO_COLOR or TERM=dumb is set.
func (r *run) color(when string) bool {
	if when == "never" || when == "auto" && (!isTerminal(r.Stdout) || r.getenv("NO_COLOR") != "" || r.getenv("TERM") == "dumb") {
		return false
	}
	return !isTerminal(r.Stdout) || enableColor(r.Stdout) || when == "always"
}

// flushBytes is how many bytes are collected before they are written although more
// input is waiting.
const flushBytes = 16 << 10

// keptBytes is the largest memory of a batch that is kept for the next one.
const keptBytes = 1 << 20

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
	counts bool // a collected line counts for --idle

	collected atomic.Int64 // lines since the start
	written   atomic.Int64 // lines that stdout has taken
	lastLine  atomic.Int64 // when a line that counts for --idle was last written, in nanoseconds since start
	activity  activity     // of flush

	writing sync.Mutex // held during w.Write
}

func newOutput(w io.Writer) *output {
	o := &output{w: w, start: time.Now(), atomicSize: atomicWriteSize(w)}
	if o.atomicSize > 0 {
		o.space = func() int { return pipeSpace(w.(*os.File)) }
		o.waitSpace = func(size int) { waitPipeSpace(w.(*os.File), size, func() { o.activity.steps.Add(1) }) }
	}
	return o
}

// append stores the lines after a writer has appended one. counts says whether that
// line counts for --idle.
func (o *output) append(lines []byte, counts bool) {
	o.lines = lines
	o.collected.Add(1)
	o.counts = o.counts || counts
}

// isFull reports whether to flush although more input is waiting.
func (o *output) isFull() bool { return len(o.lines) >= flushBytes }

// flush writes the collected lines.
func (o *output) flush() error {
	if len(o.lines) == 0 {
		return nil
	}
	o.activity.begin()
	defer o.activity.end()
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
		o.activity.steps.Add(1)
	}
	o.written.Store(o.collected.Load())
	if o.counts {
		o.counts = false
		o.lastLine.Store(int64(time.Since(o.start)))
	}
	if o.lines = o.lines[:0]; cap(o.lines) > keptBytes {
		o.lines = nil
	}
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

// wholeLines is stdout for a command that prints a few lines without an output. When the
// disk becomes full, no partial line stays.
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
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err // without the name: it is /dev/stdout
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
