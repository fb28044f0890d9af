package recording

import (
	"bufio"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// maxMember is the size in bytes of the uncompressed text at which a gzip member ends.
const maxMember = 16 << 20

// file is a recording that is open for appending, locked against other writers.
type file struct {
	*os.File
	lock         *flock.Flock
	openedAt     time.Time
	info         fs.FileInfo // at that time
	size         int64       // at that time, after the repair
	empty        bool        // nothing was written to it yet
	needsNewline bool        // its last line has no line break, so write begins with one

	synced   int64        // the size up to which it is on the disk
	syncing  *pendingSync // the sync under way; nil for none
	unsynced span         // lines written since the last sync began

	// For a name that ends in .gz; zip is nil for others.
	zip        *gzip.Writer
	out        *bufio.Writer // takes the output of zip
	tag        []byte        // the extra field of each member
	memberSize int           // size of the member's text so far; 0 when no member is begun
}

// pendingSync is what a sync that is under way puts on the disk.
type pendingSync struct {
	lines span
	size  int64 // of the file with these lines
}

// openFile opens a recording. It creates missing folders and a missing file, and repairs
// the end so that lines can be appended.
func openFile(name string) (*file, error) {
	handle, err := create(name)
	if err != nil {
		return nil, err
	}
	f := &file{File: handle, lock: newLock(name), openedAt: time.Now()}
	if err = f.takeLock(); err == nil {
		err = f.prepare(name)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	f.empty = f.size == 0
	return f, nil
}

// recordError adds to an error what failed: recording to that file.
func recordError(name string, err error) error {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err // without the name
	}
	return fmt.Errorf("cannot record to %s: %w", name, err)
}

// create opens the file. It creates a missing one, and missing folders.
func create(name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return nil, err
		}
		defer syncFolder(name)
	}
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
}

// takeLock takes the lock, then sets the size: before, another process may still write.
func (f *file) takeLock() error {
	locked, err := f.lock.TryLock()
	if err != nil {
		return err
	}
	if !locked {
		return errors.New("another process is recording to it")
	}
	if f.info, err = f.Stat(); err != nil {
		return err
	}
	// The file may have been renamed before it was locked.
	if target, _ := f.lock.Stat(); runtime.GOOS != "windows" && !os.SameFile(target, f.info) {
		return errors.New("it was replaced while it was opened")
	}
	f.size, f.synced = f.info.Size(), f.info.Size()
	return nil
}

// newLock returns the lock of a recording. It locks the recording itself, so that a
// renamed one stays locked. On Windows a lock would keep readers out, so there it locks a
// file beside the recording.
func newLock(name string) *flock.Flock {
	if runtime.GOOS == "windows" {
		return flock.New(name + ".lock")
	}
	return flock.New(name, flock.SetFlag(os.O_RDONLY))
}

// prepare checks whether the file is gzipped as its name says, and repairs its end.
func (f *file) prepare(name string) error {
	head := make([]byte, headerSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	zipped, magic := strings.HasSuffix(name, ".gz"), string(head[:min(n, len(gzipMagic))])
	switch {
	case zipped && !strings.HasPrefix(gzipMagic, magic):
		return errors.New("it is not gzipped: choose a name that does not end in .gz")
	case !zipped && magic == gzipMagic:
		return errors.New("it is gzipped: choose a name that ends in .gz")
	case !zipped:
		return f.findLineEnd()
	}
	f.out = bufio.NewWriterSize(f.File, 64<<10)
	f.zip, _ = gzip.NewWriterLevel(f.out, gzip.BestSpeed) // the level is valid
	if f.tag = tagOf(head); f.tag == nil {
		f.tag = newTag()
	}
	return f.repair(name, tagOf(head))
}

// findLineEnd checks whether the last line of a plain file has a line break.
func (f *file) findLineEnd() error {
	last := []byte{'\n'}
	if f.size > 0 {
		if _, err := f.ReadAt(last, f.size-1); err != nil {
			return err
		}
	}
	f.needsNewline = last[0] != '\n'
	return nil
}

// write appends whole lines.
func (f *file) write(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if f.needsNewline {
		f.needsNewline = false
		if err := f.write([]byte{'\n'}); err != nil {
			return err
		}
	}
	f.empty = false
	if f.zip == nil {
		_, err := f.Write(lines)
		return err
	}
	f.beginMember()
	f.memberSize += len(lines)
	if _, err := f.zip.Write(lines); err != nil {
		return err
	}
	if f.memberSize < maxMember {
		return nil
	}
	// The members before a new one must be on the disk, since repair reads only the last.
	if err := f.endMember(); err != nil {
		return err
	}
	return f.Sync()
}

// flush passes everything to the operating system.
func (f *file) flush() error {
	if f.zip == nil {
		return nil
	}
	if f.memberSize > 0 {
		if err := f.zip.Flush(); err != nil {
			return err
		}
	}
	return f.out.Flush()
}

// beginMember begins a gzip member, unless one is begun already.
func (f *file) beginMember() {
	if f.memberSize == 0 {
		f.zip.Reset(f.out)
		f.zip.Extra = f.tag
	}
}

// endMember ends the gzip member. An empty file gets an empty member, since gunzip does not
// accept an empty file.
func (f *file) endMember() error {
	if f.zip == nil || f.memberSize == 0 && !f.empty {
		return nil
	}
	f.beginMember()
	f.memberSize, f.empty = 0, false
	if err := f.zip.Close(); err != nil {
		return err
	}
	return f.out.Flush()
}

// close closes the file and releases its lock.
func (f *file) close() error {
	err := f.File.Close()
	_ = f.lock.Unlock()
	if runtime.GOOS == "windows" {
		_ = os.Remove(f.lock.Path()) // fails when another process has it open
	}
	return err
}

// abandon closes the file after a failure and cuts off what is not on the disk.
func (f *file) abandon() {
	if info, err := f.Stat(); err == nil && info.Size() > f.synced {
		_ = f.Truncate(f.synced)
	}
	_ = f.close()
}

// syncFolder syncs the folder of a new file, if the system can do that.
func syncFolder(name string) {
	if folder, err := os.Open(filepath.Dir(name)); err == nil {
		_ = folder.Sync()
		folder.Close()
	}
}

// A tag is the extra field in the header of each gzip member: restail's id and random
// bytes, the same in all members of a file. Searching for it finds the last member
// without reading the others. Since it is random, no text in the recording is equal to
// it, not even where the compression leaves text as it is.
const (
	gzipMagic  = "\x1f\x8b"
	tagID      = "RT\x0c\x00" // restail's id, and the number of random bytes
	tagSize    = len(tagID) + 12
	tagAt      = 12 // where the tag is in the header
	headerSize = tagAt + tagSize
)

// newTag returns a new random tag.
func newTag() []byte {
	tag := append(make([]byte, 0, tagSize), tagID...)
	tag = tag[:tagSize]
	_, _ = rand.Read(tag[len(tagID):]) // never fails
	return tag
}

// tagOf returns the tag in a member's header, nil when it has none.
func tagOf(header []byte) []byte {
	const beginning = "\x1f\x8b\x08\x04" // deflate, with an extra field
	if len(header) < headerSize || string(header[:4]) != beginning || string(header[tagAt:tagAt+len(tagID)]) != tagID {
		return nil
	}
	return header[tagAt:headerSize]
}
