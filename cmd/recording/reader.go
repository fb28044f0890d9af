package recording

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// bufferBytes is how many bytes a Reader reads at once.
const bufferBytes = 128 << 10

var (
	// ErrTooLong says that one line is longer than the limit.
	ErrTooLong = errors.New("the line is too long")
	// ErrCut says that a gzip stream ends early. The error of [Reader.Read] wraps it.
	ErrCut = errors.New("the recording is cut short")
)

// A FormatError says that a file is not a recording.
type FormatError struct {
	What string // what it is instead
	Hint string // what to do
}

func (e *FormatError) Error() string { return "this is not a recording but " + e.What }

// A Reader reads the lines of one recording. It unpacks a gzipped one, which it
// recognizes by the first two bytes.
type Reader struct {
	in      io.Reader
	lines   *bufio.Reader // nil before the first read
	maxLine int           // how many bytes a line may have
	number  int           // of the last line
	long    []byte        // the beginning of a line that is longer than the buffer
	blank   bool          // all lines so far were blank
	partial bool          // the last line so far has no line break
	err     error         // that ended the reading
}

// NewReader makes a Reader of a recording whose lines have at most maxLine bytes. It
// reads nothing yet.
func NewReader(in io.Reader, maxLine int) *Reader {
	return &Reader{in: &onceFailed{Reader: in}, maxLine: maxLine, blank: true}
}

// Read returns the next line that is not blank, without its line break. It also removes a
// byte-order mark and NUL bytes, which a crash may leave in a file, from the start of the
// line. The line is valid until the next Read.
//
// After [ErrTooLong] the next Read goes on with the next line. Any other error is final:
// io.EOF at the end, a [FormatError], one that wraps [ErrCut], or another reason why the
// rest cannot be read.
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
		if tooLong || len(line) > r.maxLine {
			return nil, ErrTooLong
		}
		return line, nil
	}
	return nil, r.err
}

// Line returns the number of the last line, counted from 1.
func (r *Reader) Line() int { return r.number }

// IsPartial reports whether the last line has no line break, so that it may be cut.
func (r *Reader) IsPartial() bool { return r.partial }

// IsBlank reports whether all lines so far were blank.
func (r *Reader) IsBlank() bool { return r.blank }

// begin finds out whether the recording is gzipped, and prepares to read it.
func (r *Reader) begin() error {
	r.lines = bufio.NewReaderSize(r.in, bufferBytes)
	if magic, _ := r.lines.Peek(2); string(magic) != "\x1f\x8b" {
		return nil
	}
	unpacked := &unpacker{in: r.lines}
	if err := unpacked.begin(); err != nil {
		return readError(err)
	}
	r.lines = bufio.NewReaderSize(unpacked, bufferBytes)
	return nil
}

// onceFailed returns its first error again and again. Without it the end would be read
// twice, since bufio forgets the error of Peek. A terminal would then wait for a second
// Ctrl-D.
type onceFailed struct {
	io.Reader
	err error
}

func (r *onceFailed) Read(p []byte) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	n, r.err = r.Reader.Read(p)
	return n, r.err
}

// unpacker unpacks gzip members. It skips NUL bytes after a member, as gunzip does: tapes
// and crashes leave them there.
type unpacker struct {
	in  *bufio.Reader
	zip gzip.Reader
}

// begin reads the header of a member.
func (u *unpacker) begin() error {
	err := u.zip.Reset(u.in)
	u.zip.Multistream(false)
	return err
}

func (u *unpacker) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		if n, err = u.zip.Read(p); errors.Is(err, io.EOF) {
			if err = u.skipNULs(); err == nil {
				err = u.begin()
			}
		}
	}
	return n, err
}

// skipNULs skips NUL bytes. It returns io.EOF if nothing follows them.
func (u *unpacker) skipNULs() error {
	for {
		switch b, err := u.in.ReadByte(); {
		case err != nil:
			return err
		case b != 0:
			return u.in.UnreadByte()
		}
	}
}

// next reads a line and removes its line break. With the last line it sets r.err.
func (r *Reader) next() (line []byte, tooLong bool) {
	r.number++
	if r.long = r.long[:0]; cap(r.long) > 4*bufferBytes {
		r.long = nil
	}
	for {
		part, err := r.lines.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if !full && err != nil {
			r.err = readError(err)
		}
		r.partial = err != nil
		switch {
		case tooLong:
		case !full && len(r.long) == 0:
			line = part
		default:
			r.long = append(r.long, part...)
			line = trimStart(r.long)
			r.long = r.long[:copy(r.long, line)] // so that skipped bytes do not count
			line = r.long
			if len(line) > r.maxLine+len("\r\n") {
				tooLong, line, r.long = true, nil, nil
			}
		}
		if !full {
			return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), tooLong
		}
	}
}

// readError returns the error of Read for an error of the stream.
func readError(err error) error {
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

// isUTF16 reports whether the first line of a file is text in UTF-16: it begins with a
// byte-order mark, or its second and its fourth byte are NUL.
func isUTF16(line []byte) bool {
	if bytes.HasPrefix(line, []byte("\xff\xfe")) || bytes.HasPrefix(line, []byte("\xfe\xff")) {
		return true
	}
	line = bytes.TrimLeft(line, "\x00")
	return len(line) >= 2 && line[1] == 0 && (len(line) < 4 || line[2] != 0 && line[3] == 0)
}
