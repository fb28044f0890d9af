package recording

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/itchyny/timefmt-go"
)

const (
	// flushEvery is the longest time that lines wait before they are passed to the
	// operating system. Then the file is synced, unless a sync is under way.
	flushEvery = 500 * time.Millisecond
	// retryEvery is the wait after a failure before the file is opened again.
	retryEvery = 5 * time.Second
	// quietAfter is how long nothing must fail before the next failure is reported.
	quietAfter = time.Minute
)

// errTooSlow is the failure when the backlog overflows.
var errTooSlow = errors.New("the disk is too slow")

// output writes chunks to the current file and knows which are on the disk. It belongs to
// the goroutine of Writer.run.
//
// A line that is not on the disk yet belongs to a span: unsynced or syncing of the file, or
// the hole. A failure moves the lines of the file to the hole and closes the file. When a
// file is open again, the output writes a line to it that describes the hole.
type output struct {
	o           Options
	shared      *backlog // to advance the time that Writer.Written returns
	connections connectionSet
	name        string // of the file, from Options.Layout
	namedAt     int64  // the second for which name was chosen, in Unix time

	file   *file       // nil after a failure
	dueAt  time.Time   // when to flush and sync the file, or to open it again; zero for never
	synced chan error  // the result of each sync
	begun  fs.FileInfo // the last file whose connection set is on the disk; nil for none

	hole       span // lines that were not recorded, and that no line describes yet
	unrecorded span // all holes that a line describes; at the end the last hole too
	failures   failures
}

// record writes a chunk, to the next file if the name has changed.
func (p *output) record(c *chunk) {
	if p.rename() {
		p.reopen()
	}
	if !c.missing {
		p.writeHole()
	}
	switch {
	case p.file == nil:
		p.hole.add(c.span)
	case c.missing:
		p.hole.add(c.span)
		p.failures.add(p.name, errTooSlow)
	default:
		p.file.unsynced.add(c.span)
		if p.dueAt.IsZero() {
			p.dueAt = c.queued.Add(flushEvery)
		}
		p.check(p.file.write(c.text))
	}
	p.connections.update(c)
}

// rename sets the name for now, and reports whether it has changed.
func (p *output) rename() bool {
	now := time.Now()
	if now.Unix() == p.namedAt {
		return false
	}
	name := p.o.Layout
	if strings.Contains(name, "%") {
		name = timefmt.Format(now.In(p.o.Location), name)
	}
	changed := name != p.name
	p.name, p.namedAt = name, now.Unix()
	return changed
}

// tick notes a sync that has ended. If it is time, it flushes and syncs the file, or opens
// one after a failure.
func (p *output) tick() {
	select {
	case err := <-p.synced:
		p.check(p.endSync(err))
	default:
	}
	switch {
	case p.dueAt.IsZero() || time.Now().Before(p.dueAt):
	case p.file == nil:
		p.reopen()
	default:
		p.check(p.startSync())
	}
}

// startSync flushes the file and starts to sync it. If a sync is under way already, it
// sets when to try again. Another goroutine waits for the disk, since a slow disk must not
// delay later lines.
func (p *output) startSync() error {
	f := p.file
	if err := f.flush(); err != nil {
		return err
	}
	if f.syncing != nil {
		p.dueAt = time.Now().Add(flushEvery)
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	f.syncing, f.unsynced, p.dueAt = &pendingSync{f.unsynced, info.Size()}, span{}, time.Time{}
	go func() {
		p.synced <- f.Sync()
		p.shared.signal()
	}()
	return nil
}

// endSync notes the result of the sync, and returns it.
func (p *output) endSync(err error) error {
	f, done := p.file, p.file.syncing
	f.syncing = nil
	if err != nil {
		f.unsynced.add(done.lines)
		return err
	}
	f.synced, p.begun = done.size, f.info
	if done.lines.actions > 0 {
		p.shared.advance(done.lines.last)
	}
	return nil
}

// awaitSync waits for the sync that is under way, if any, and returns its result.
func (p *output) awaitSync() error {
	if p.file.syncing == nil {
		return nil
	}
	return p.endSync(<-p.synced)
}

// settle puts everything written so far on the disk.
func (p *output) settle() error {
	err := p.awaitSync()
	if err == nil {
		err = p.startSync()
	}
	if err == nil {
		err = p.awaitSync()
	}
	return err
}

// writeHole writes the line that describes the hole, and puts it on the disk. Without a
// hole or an open file it does nothing.
func (p *output) writeHole() {
	if p.file == nil || p.hole.isEmpty() {
		return
	}
	end := p.hole.last
	if p.file.openedAt.After(end) { // nothing was recorded before
		end = p.file.openedAt
	}
	err := p.file.write(AppendUnrecorded(nil, p.hole.first, end, p.hole.actions))
	if err == nil {
		err = p.settle()
	}
	if p.check(err) {
		p.unrecorded.add(p.hole)
		p.hole = span{}
	}
}

// check closes the file after a failure, and reports whether there was none.
func (p *output) check(err error) bool {
	if err == nil {
		return true
	}
	_ = p.awaitSync() // it may still succeed
	p.hole.add(p.file.unsynced)
	p.file.abandon()
	p.file, p.dueAt = nil, time.Now().Add(retryEvery)
	p.failures.add(p.name, err)
	return false
}

// open opens the file of the current name. It writes the connection set to the file,
// unless that is the last file again and not empty. At the start of the run the set is
// empty.
func (p *output) open() error {
	f, err := openFile(p.name)
	if err != nil {
		return err
	}
	if f.empty || !os.SameFile(p.begun, f.info) {
		if err := p.connections.writeTo(f); err != nil {
			f.abandon()
			return err
		}
	}
	p.file, p.dueAt = f, time.Now()
	return nil
}

// tryOpen opens the file and writes the hole to it, or sets when to try again.
func (p *output) tryOpen() {
	if err := p.open(); err != nil {
		p.dueAt = time.Now().Add(retryEvery)
		p.failures.add(p.name, err)
	}
	p.writeHole()
}

// reopen closes the file and opens the one with the name for now.
func (p *output) reopen() {
	p.closeFile()
	p.rename()
	p.tryOpen()
}

// closeFile puts everything on the disk and closes the file. It returns false when that
// fails, or when the file is closed already after an earlier failure.
func (p *output) closeFile() bool {
	if p.file == nil {
		return false
	}
	err := p.file.endMember()
	if err == nil {
		err = p.settle()
	}
	if !p.check(err) {
		return false
	}
	_ = p.file.close() // everything is on the disk
	p.file = nil
	return true
}

// finish ends the recording. If the file is closed after a failure, even one of the last
// write, it opens the file once more, to write the hole and to complete the gzip member.
func (p *output) finish() {
	if !p.closeFile() {
		p.tryOpen()
		p.closeFile()
	}
	p.unrecorded.add(p.hole)
}

// failures reports failures, but not one that follows another within quietAfter: a full
// disk fails again and again.
type failures struct {
	report func(error)
	last   error // nil for none
	lastAt time.Time
}

func (f *failures) add(name string, err error) {
	isNew := f.last == nil || time.Since(f.lastAt) >= quietAfter
	f.last, f.lastAt = recordError(name, err), time.Now()
	if isNew {
		f.report(f.last)
	}
}
