package recording

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

const (
	// flushMarker is the end of the empty block with which a flush ends. It ends on a byte
	// boundary.
	flushMarker = "\x00\x00\xff\xff"
	// lastBlock is an empty block that ends a compressed stream.
	lastBlock = "\x03\x00"
)

// repair completes the last gzip member, and finds out whether its last line has a line
// break. tag is the tag of the file; nil when another program began the file, so that all
// members must be read.
//
// repair keeps an incomplete member up to its last flush and ends it there. The text after
// that flush, as far as it can be read, becomes a new member, which is written over it.
func (f *file) repair(name string, tag []byte) error {
	start := int64(0)
	if tag != nil {
		at, err := f.lastIndex(0, f.size, tag)
		if err != nil {
			return err
		}
		start = max(0, at-int64(tagAt))
	}
	var all digest
	section := f.section(start, f.size)
	in := bufio.NewReaderSize(section, 64<<10)
	for first := start; start < f.size; {
		before := all
		err := inflate(in, &all)
		if err == nil {
			read, _ := section.Seek(0, io.SeekCurrent) // never fails
			start = first + read - int64(in.Buffered())
			continue
		}
		if !isDamage(err) {
			return err
		}
		// A file without a tag and with wrong data may not be a recording at all.
		if tag == nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("it is damaged: %w", err)
		}
		return f.replaceTail(name, start, all.n-before.n, all.endsInPartialLine())
	}
	f.needsNewline = all.endsInPartialLine()
	return nil
}

// replaceTail repairs the incomplete member at start. size is how many bytes of its text
// can be read, needsNewline whether these end in a partial line.
func (f *file) replaceTail(name string, start, size int64, needsNewline bool) error {
	end, kept, tail, err := f.lastFlush(start)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.Write(tail)
	if size > kept {
		f.zip.Reset(&out)
		f.zip.Extra = f.tag
		if err := inflate(f.section(start, f.size), &skipper{w: f.zip, skip: kept}); err != nil && !isDamage(err) {
			return err
		}
		f.zip.Close() // never fails into a buffer
	}
	// f is open for appending, so it can be written to only at its end.
	other, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer other.Close()
	mine, _ := f.Stat()
	if its, err := other.Stat(); err != nil || !os.SameFile(mine, its) {
		return errors.New("it was replaced while it was opened")
	}
	if _, err := other.WriteAt(out.Bytes(), end); err != nil {
		return err
	}
	f.size = end + int64(out.Len())
	if err := other.Truncate(f.size); err != nil {
		return err
	}
	f.synced, f.needsNewline = f.size, needsNewline
	return other.Sync()
}

// lastFlush finds the last flush in the incomplete member at start. It returns where in the
// file the flush ends, the size of the text up to there, and the bytes that complete the
// member there. When it finds no flush for certain, it returns start, 0 and nil.
func (f *file) lastFlush(start int64) (end, size int64, tail []byte, err error) {
	at, err := f.lastIndex(start, f.size, []byte(flushMarker))
	if err != nil || at < 0 {
		return start, 0, nil, err
	}
	end = at + int64(len(flushMarker))
	var flushed digest
	if err := inflate(f.section(start, end), &flushed); err != nil && !isDamage(err) {
		return 0, 0, nil, err
	}
	tail = append(tail, lastBlock...)
	tail = binary.LittleEndian.AppendUint32(tail, flushed.crc)
	tail = binary.LittleEndian.AppendUint32(tail, uint32(flushed.n))
	err = inflate(io.MultiReader(f.section(start, end), bytes.NewReader(tail)), io.Discard)
	switch {
	case err == nil:
		return end, flushed.n, tail, nil
	case isDamage(err):
		return start, 0, nil, nil
	}
	return 0, 0, nil, err
}

func (f *file) section(from, to int64) *io.SectionReader {
	return io.NewSectionReader(f, from, to-from)
}

// lastIndex returns the offset of the last occurrence of what that begins between from and
// to; -1 for none.
func (f *file) lastIndex(from, to int64, what []byte) (int64, error) {
	const step = 1 << 20
	block := make([]byte, step+len(what)-1)
	for end := to; end > from; end -= step {
		begin := max(from, end-step)
		part := block[:min(to, end+int64(len(what))-1)-begin]
		if _, err := f.ReadAt(part, begin); err != nil {
			return 0, err
		}
		if at := bytes.LastIndex(part, what); at >= 0 {
			return begin + int64(at), nil
		}
	}
	return -1, nil
}

// inflate writes the text of the gzip member at the beginning of r to w. It reads no
// further than the end of the member when r is an [io.ByteReader].
func inflate(r io.Reader, w io.Writer) error {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	zip.Multistream(false)
	_, err = io.Copy(w, zip)
	return err
}

// isDamage reports whether an error is about the compressed data, not the disk.
func isDamage(err error) bool {
	corrupt := flate.CorruptInputError(0)
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}

// digest is a writer that keeps only the size, the checksum and the last byte of what is
// written to it.
type digest struct {
	n    int64
	crc  uint32
	last byte
}

func (d *digest) Write(p []byte) (int, error) {
	d.n += int64(len(p))
	d.crc = crc32.Update(d.crc, crc32.IEEETable, p)
	if len(p) > 0 {
		d.last = p[len(p)-1]
	}
	return len(p), nil
}

// endsInPartialLine reports whether the last line has no line break.
func (d *digest) endsInPartialLine() bool { return d.n > 0 && d.last != '\n' }

// skipper writes everything after the first skip bytes to w.
type skipper struct {
	w    io.Writer
	skip int64
}

func (s *skipper) Write(p []byte) (int, error) {
	n := min(s.skip, int64(len(p)))
	s.skip -= n
	if _, err := s.w.Write(p[n:]); err != nil {
		return 0, err
	}
	return len(p), nil
}
