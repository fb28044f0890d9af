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
	// operating system. Then they are synced, unless a sync is under way.
	flushEvery = 500 * time.Millisecond
	// retryEvery is the wait after a failure before the file is opened again.
	retryEvery = 5 * time.Second
	// quietAfter is how long nothing must fail before another failure is reported.
	quietAfter = time.Minute
)

// errTooSlow is the failure when the backlog overflows.
var errTooSlow = errors.New("the disk is too slow")

// output writes chunks to the current file and knows which are on the disk. It belongs to
// the goroutine of Writer.run.
//
// A line that is not on the disk yet belongs to the file or to the hole. A failure moves
// the lines of the file to the hole and closes it. When it is open again, the hole is
// stated in it.
type output struct {
	o       Options
	shared  *backlog // to advance the time that Writer.Written returns
	set     connectionSet
	name    string
	namedAt int64 // the second for which name was chosen

	file   *file       // nil after a failure
	dueAt  time.Time   // when to flush the file, or to open it again; zero for never
	synced chan error  // the result of each sync
	begun  fs.FileInfo // the last file whose connection set is on the disk

	hole       span // not recorded, and not stated in the recording yet
	unrecorded span // all holes that were stated
	failures   failures
}

// record writes a chunk, to the next file if the name has changed.
func (p *output) record(c *chunk) {
	if p.rename() {
		p.reopen()
	}
	if !c.missing {
		p.stateHole()
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
	p.set.update(c)
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

// tick notes a sync that has ended, and flushes or reopens the file if it is time.
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

// startSync flushes the file and starts to sync it, unless a sync is under way. Another
// goroutine waits for the disk, since a slow disk must not delay later lines.
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
	f.syncing, f.unsynced, p.dueAt = &syncing{f.unsynced, info.Size()}, span{}, time.Time{}
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
	p.shared.advance(done.lines.last)
	return nil
}

// wait waits for the sync that is under way.
func (p *output) wait() error {
	if p.file.syncing == nil {
		return nil
	}
	return p.endSync(<-p.synced)
}

// settle puts everything on the disk.
func (p *output) settle() error {
	err := p.wait()
	if err == nil {
		err = p.startSync()
	}
	if err == nil {
		err = p.wait()
	}
	return err
}

// stateHole writes the line for actions that were not recorded, if it can.
func (p *output) stateHole() {
	if p.file == nil || p.hole.isEmpty() {
		return
	}
	end := p.hole.last
	if p.file.openedAt.After(end) { // nothing could be recorded before
		end = p.file.openedAt
	}
	err := p.file.write(AppendUnrecorded(nil, p.hole.first, end, p.hole.actions))
	if err == nil {
		err = p.settle()
	}
	if p.check(err) {
		p.shared.advance(p.hole.last)
		p.unrecorded.add(p.hole)
		p.hole = span{}
	}
}

// check closes the file after a failure, and reports whether there was none.
func (p *output) check(err error) bool {
	if err == nil {
		return true
	}
	_ = p.wait() // since it may still succeed
	p.hole.add(p.file.unsynced)
	p.file.abandon()
	p.file, p.dueAt = nil, time.Now().Add(retryEvery)
	p.failures.add(p.name, err)
	return false
}

// open opens the file of the current name. A file that lacks the connection set begins
// with it; it is empty at the start of the run.
func (p *output) open() error {
	f, err := openFile(p.name)
	if err != nil {
		return err
	}
	if f.empty || !os.SameFile(p.begun, f.info) {
		if err := p.set.writeTo(f); err != nil {
			f.abandon()
			return err
		}
	}
	p.file, p.dueAt = f, time.Now()
	return nil
}

// tryOpen opens the file and states the hole in it, or sets when to try again.
func (p *output) tryOpen() {
	if err := p.open(); err != nil {
		p.dueAt = time.Now().Add(retryEvery)
		p.failures.add(p.name, err)
	}
	p.stateHole()
}

// reopen closes the file and opens the one with the name for now.
func (p *output) reopen() {
	p.closeFile()
	p.rename()
	p.tryOpen()
}

// closeFile puts everything on the disk and closes the file. It returns false after a
// failure, also one before.
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

// finish ends the recording. After a failure, even one of the last write, it opens the
// file once more, to state the hole and to complete the gzip member.
func (p *output) finish() {
	if !p.closeFile() {
		p.tryOpen()
		p.closeFile()
	}
	p.unrecorded.add(p.hole)
}

// failures reports failures, but not those that soon follow another: a full disk fails
// again and again.
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
