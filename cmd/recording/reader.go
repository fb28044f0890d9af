package recording

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// bufferBytes is how much a Reader reads at once.
const bufferBytes = 128 << 10

var (
	// ErrTooLong is about one line that is longer than the limit.
	ErrTooLong = errors.New("the line is too long")
	// ErrCut is wrapped by the error about a gzip stream that ends early.
	ErrCut = errors.New("the recording is cut short")
)

// A FormatError says that a file is of another kind than a recording.
type FormatError struct {
	What string // of which kind it is
	Hint string // what to do
}

func (e *FormatError) Error() string { return "this is not a recording but " + e.What }

// A Reader reads the lines of one recording. A gzipped one, which its first two
// bytes tell, is unpacked.
type Reader struct {
	in     io.Reader
	lines  *bufio.Reader // nil before the first read
	max    int
	number int    // of the last line
	long   []byte // the beginning of a line that is longer than the buffer
	blank  bool   // all lines so far were blank
	isOpen bool   // the last line has no end
	err    error  // why nothing more can be read
}

// NewReader makes a Reader of a recording whose lines have at most maxLine bytes.
// Nothing is read yet.
func NewReader(in io.Reader, maxLine int) *Reader {
	return &Reader{in: in, max: maxLine, blank: true}
}

// Read returns the next line that is not blank. Its end is cut off, and so are a
// byte-order mark and NUL bytes before it: a file system may leave those where a
// crash cut the file. The line is valid until the next Read.
//
// [ErrTooLong] is about one line; the next Read goes on behind it. Any other error
// is the last: io.EOF at the end, a [FormatError], one that wraps [ErrCut], or
// another reason why the rest cannot be read.
func (r *Reader) Read() ([]byte, error) {
	if r.lines == nil {
		r.err = r.begin()
	}
	for r.err == nil {
		line, tooLong := r.next()
		if r.blank && isUTF16(line) {
			r.err = &FormatError{"text in UTF-16", "convert it to UTF-8: iconv -f UTF-16 -t UTF-8"}
			break
		}
		line = trimStart(line)
		if isBlank := len(bytes.Trim(line, " \t\r")) == 0; isBlank && !tooLong {
			continue
		}
		r.blank = false
		if tooLong || len(line) > r.max {
			return nil, ErrTooLong
		}
		return line, nil
	}
	return nil, r.err
}

// Line returns the number of the last line, counted from 1.
func (r *Reader) Line() int { return r.number }

// IsOpen reports whether the last line has no end, so that it may be cut.
func (r *Reader) IsOpen() bool { return r.isOpen }

// IsBlank reports whether all lines so far were blank.
func (r *Reader) IsBlank() bool { return r.blank }

// begin unpacks what is gzipped.
func (r *Reader) begin() error {
	r.lines = bufio.NewReaderSize(r.in, bufferBytes)
	if magic, _ := r.lines.Peek(2); string(magic) != "\x1f\x8b" {
		return nil
	}
	unpacked, err := gzip.NewReader(r.lines)
	if err != nil {
		return damage(err)
	}
	r.lines = bufio.NewReaderSize(unpacked, bufferBytes)
	return nil
}

// next reads a line and cuts its end off. It sets err when the line is the last.
func (r *Reader) next() (line []byte, tooLong bool) {
	r.number++
	if r.long = r.long[:0]; cap(r.long) > 4*bufferBytes {
		r.long = nil
	}
	for {
		part, err := r.lines.ReadSlice('\n')
		if len(r.long) == 0 {
			part = bytes.TrimLeft(part, "\x00") // there may be more of them than fit
		}
		full := errors.Is(err, bufio.ErrBufferFull)
		if !full && err != nil {
			r.err = damage(err)
		}
		r.isOpen = err != nil
		switch {
		case tooLong:
		case !full && len(r.long) == 0:
			line = part
		case len(r.long)+len(part) > r.max+len("\ufeff\r\n"):
			tooLong, r.long = true, nil
		default:
			r.long = append(r.long, part...)
			line = r.long
		}
		if !full {
			return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), tooLong
		}
	}
}

// damage says of a read error what it means for the recording.
func damage(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %w", ErrCut, err)
	}
	return fmt.Errorf("the recording cannot be read further: %w", err)
}

// trimStart removes NUL bytes and byte-order marks from the start of a line.
func trimStart(line []byte) []byte {
	for {
		rest := bytes.TrimPrefix(bytes.TrimLeft(line, "\x00"), []byte("\ufeff"))
		if len(rest) == len(line) {
			return rest
		}
		line = rest
	}
}

// isUTF16 reports whether the first line of a file is text in UTF-16.
func isUTF16(line []byte) bool {
	for _, start := range []string{"\xff\xfe", "\xfe\xff", "{\x00", "\x00{\x00"} {
		if bytes.HasPrefix(line, []byte(start)) {
			return true
		}
	}
	return false
}
