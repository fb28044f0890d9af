package session

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/restail/restail/decode"
)

// A TooLongError is about a line of a recording that is too long for a frame.
type TooLongError struct {
	Line  int // counted from 1
	Limit int // in bytes
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("line %d is longer than the limit of %s (--max-frame)", e.Line, size(e.Limit))
}

// ErrNoActions ends a recording in which no line is an action.
var ErrNoActions = errors.New("no line of the recording is an action")

// A FormatError ends a source whose file is of another kind than a recording.
type FormatError struct {
	What string // of which kind it is
	Hint string // what to do
}

func (e *FormatError) Error() string { return "this is not a recording but " + e.What }

// lineReader makes frames of the lines of a recording, and puts them into the
// queue.
type lineReader struct {
	*Replay
	ctx     context.Context
	parser  decode.Parser
	batch   *batch
	line    int    // the current one, counted from 1
	long    []byte // the beginning of a line that is longer than the reader's buffer
	tooLong bool   // the rest of the line is skipped
	actions bool   // a line was an action
	looked  bool   // the first line that is not blank was looked at
}

// read puts the recording into the queue, until its end or until ctx is done.
func (r *Replay) read(ctx context.Context) error {
	l := &lineReader{Replay: r, ctx: ctx, batch: r.queue.get(), line: 1}
	in, err := gunzipped(r.o.R, l.handOver)
	if err != nil {
		return readError(err)
	}
	lines := bufio.NewReaderSize(in, batchBytes)
	for err == nil && ctx.Err() == nil {
		var part []byte
		part, err = lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			l.begin(part)
			err = nil
			continue
		}
		if bad := l.end(part); bad != nil {
			return bad
		}
	}
	l.handOver()
	switch {
	case ctx.Err() != nil:
		return nil
	case !errors.Is(err, io.EOF):
		return readError(err)
	case !l.actions:
		return ErrNoActions
	}
	return nil
}

func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the recording is cut short: %w", err)
	}
	return fmt.Errorf("the recording cannot be read further: %w", err)
}

// gunzipped returns what is in r, unpacked if it is gzipped, which its first two
// bytes tell. beforeRead is called before each read of r, which may have to wait.
func gunzipped(r io.Reader, beforeRead func()) (io.Reader, error) {
	in := bufio.NewReaderSize(&hookedReader{r, beforeRead}, batchBytes)
	if magic, _ := in.Peek(2); string(magic) != "\x1f\x8b" {
		return in, nil
	}
	return gzip.NewReader(in)
}

type hookedReader struct {
	io.Reader
	beforeRead func()
}

func (h *hookedReader) Read(p []byte) (int, error) {
	h.beforeRead()
	return h.Reader.Read(p)
}

// begin takes a part of a line that has no end yet.
func (l *lineReader) begin(part []byte) {
	if !l.tooLong {
		l.long = append(l.long, part...)
	}
	if len(l.long) > l.o.MaxFrame+len("\r\n") {
		l.tooLong, l.long = true, nil
	}
}

// end takes the last part of a line. The error says that the file is not a
// recording.
func (l *lineReader) end(part []byte) error {
	line, long := part, l.long != nil
	if long {
		line = append(l.long, part...)
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if !l.looked && isUTF16(line) {
		return &FormatError{"text in UTF-16", "convert it to UTF-8: iconv -f UTF-16 -t UTF-8"}
	}
	// A file system may leave NUL bytes where a crash cut the file.
	line = bytes.TrimLeft(line, "\x00")
	blank := len(bytes.Trim(line, " \t\r")) == 0
	if !l.looked && !blank && isRecord(line) {
		return &FormatError{"restail's own ndjson output", "a recording is made with -o raw"}
	}
	l.looked = l.looked || !blank
	switch {
	case l.tooLong, len(line) > l.o.MaxFrame:
		l.handOver()
		l.queue.put(l.ctx, &batch{received: time.Now(), other: &Item{Broken: &TooLongError{Line: l.line, Limit: l.o.MaxFrame}}})
	case !blank:
		l.batch.add(line)
	}
	l.line++
	l.long, l.tooLong = nil, false
	if l.batch.isFull() {
		l.handOver()
	}
	return nil
}

// handOver parses what was collected and puts it into the queue.
func (l *lineReader) handOver() {
	if len(l.batch.ends) == 0 {
		return
	}
	l.batch.received = time.Now()
	l.batch.parse(&l.parser)
	for n := range l.batch.parsed {
		l.actions = l.actions || l.batch.parsed[n].err == nil
	}
	l.queue.put(l.ctx, l.batch)
	l.batch = l.queue.get()
}

// isUTF16 tells by its first line whether a file is text in UTF-16.
func isUTF16(line []byte) bool {
	for _, start := range []string{"\xff\xfe", "\xfe\xff", "{\x00", "\x00{\x00"} {
		if bytes.HasPrefix(line, []byte(start)) {
			return true
		}
	}
	return false
}

// isRecord reports whether a line is a record of restail's ndjson output.
func isRecord(line []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(line, []byte("\ufeff")), &keys) != nil {
		return false
	}
	has := func(key string) bool { _, ok := keys[key]; return ok }
	return has("time") && has("action") && !has("payload") && !has("timestamp")
}
