package recording

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/itchyny/timefmt-go"

	"github.com/restail/restail/decode"
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
type output struct {
	o      Options
	shared *backlog // to advance the time that Writer.Written returns

	decoder *decode.Decoder // the connection map after the last line
	parser  decode.Parser
	action  decode.Action

	file     *file       // nil after a failure
	opened   time.Time   // when the last file was opened
	lastFile fs.FileInfo // of that file
	needSet  bool        // the file must begin with the connection set, and may lack it
	name     string
	namedAt  int64 // the second for which name was chosen

	// Each line is in unsynced, syncing or hole until it is on the disk or stated there
	// as unrecorded.
	unsynced   span // written to the file or its buffers
	syncing    span // being synced
	hole       span // not recorded, and not stated in the recording yet
	unrecorded span // all holes that were stated

	flushAt time.Time  // when to flush; zero when there is nothing to flush
	synced  chan error // the result of the sync under way; nil for none
	syncEnd int64      // the size of the file when that sync began

	retryAt  time.Time // when to open the file again
	failedAt time.Time // when failure happened
	failure  error     // the last one
}

// record writes a chunk, to the next file if the name has changed.
func (p *output) record(c *chunk) {
	if p.rename(time.Now()) {
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
		p.warn(errTooSlow)
	default:
		p.unsynced.add(c.span)
		if p.flushAt.IsZero() {
			p.flushAt = c.queued.Add(flushEvery)
		}
		if err := p.file.write(c.text); err != nil {
			p.fail(err)
		}
	}
	p.updateMap(c)
}

// updateMap updates the connection map, which the next file begins with.
func (p *output) updateMap(c *chunk) {
	if !c.own && !c.changes {
		return
	}
	for line := range bytes.Lines(c.text) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if c.own {
			if own, _ := ParseOwn(line); own.Relinks() {
				p.decoder = decode.New()
			}
		} else if p.parser.Parse(&p.action, line) == nil && p.action.ChangesConnections() {
			p.decoder.Apply(&p.action, c.last)
		}
	}
}

// rename sets the name for now, and reports whether it has changed.
func (p *output) rename(now time.Time) bool {
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

// dueAt returns when to call tick; zero for never.
func (p *output) dueAt() time.Time {
	if p.file == nil {
		return p.retryAt
	}
	return p.flushAt
}

// tick flushes, syncs or reopens the file if it is time.
func (p *output) tick(now time.Time) {
	select {
	case err := <-p.synced:
		p.endSync(err)
	default:
	}
	if at := p.dueAt(); at.IsZero() || now.Before(at) {
		return
	}
	if p.file == nil {
		p.reopen()
		return
	}
	p.flushAt = time.Time{}
	err := p.file.flush()
	switch {
	case err != nil:
	case p.synced != nil:
		p.flushAt = now.Add(flushEvery)
	default:
		err = p.startSync()
	}
	if err != nil {
		p.fail(err)
	}
}

// startSync starts to sync what was flushed. Another goroutine waits for the disk, since a
// slow disk must not delay later lines.
func (p *output) startSync() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	p.syncing, p.syncEnd, p.unsynced = p.unsynced, info.Size(), span{}
	synced, f := make(chan error, 1), p.file.File
	go func() { synced <- f.Sync() }()
	p.synced = synced
	return nil
}

// endSync ends a sync with its result. After a failure it closes the file.
func (p *output) endSync(err error) {
	if p.noteSync(err); err != nil {
		p.fail(err)
	}
}

// noteSync updates the spans for the result of a sync. After a failure it leaves the rest
// to its caller.
func (p *output) noteSync(err error) {
	p.synced = nil
	if err != nil {
		p.unsynced.add(p.syncing)
	} else {
		p.file.synced, p.needSet = p.syncEnd, false
		p.shared.advance(p.syncing.last)
	}
	p.syncing = span{}
}

// settle flushes and syncs everything, and waits for it. After a failure, file is nil.
func (p *output) settle() {
	if p.synced != nil {
		p.endSync(<-p.synced)
	}
	if p.file == nil {
		return
	}
	err := p.file.flush()
	if err == nil {
		err = p.startSync()
	}
	if err != nil {
		p.fail(err)
		return
	}
	p.flushAt = time.Time{}
	p.endSync(<-p.synced)
}

// stateHole writes the line for actions that were not recorded, if it can.
func (p *output) stateHole() {
	if p.file == nil || p.hole.isEmpty() {
		return
	}
	end := p.hole.last
	if p.opened.After(end) { // nothing could be recorded before
		end = p.opened
	}
	if err := p.file.write(AppendUnrecorded(nil, p.hole.first, end, p.hole.actions)); err != nil {
		p.fail(err)
		return
	}
	if p.settle(); p.file != nil {
		p.shared.advance(p.hole.last)
		p.unrecorded.add(p.hole)
		p.hole = span{}
	}
}

// open opens the file of the current name. If needed, it writes the connection set to it,
// which is empty at the start of the run.
func (p *output) open() error {
	f, err := openFile(p.name)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.close()
		return err
	}
	p.needSet = p.needSet || f.empty || !os.SameFile(p.lastFile, info)
	p.lastFile, p.file, p.opened = info, f, time.Now()
	if p.needSet {
		p.writeSet()
	}
	return nil
}

// writeSet writes the last connection_info of each connection.
func (p *output) writeSet() {
	p.flushAt = time.Now()
	var line []byte
	for _, connection := range p.decoder.Linked() {
		frame := p.decoder.Frame(connection.Identifier)
		if frame == nil { // it was too large to be kept
			continue
		}
		line = append(append(line[:0], frame...), '\n')
		if err := p.file.write(line); err != nil {
			p.fail(err)
			return
		}
	}
}

// tryOpen opens the file and states the hole in it, or sets when to try again.
func (p *output) tryOpen() {
	if err := p.open(); err != nil {
		p.retryAt = time.Now().Add(retryEvery)
		p.warn(err)
	}
	p.stateHole()
}

// reopen closes the file and opens the one with the name for now.
func (p *output) reopen() {
	p.closeFile()
	p.rename(time.Now())
	p.tryOpen()
}

// closeFile puts everything on the disk and closes the file.
func (p *output) closeFile() {
	if p.file == nil {
		return
	}
	if err := p.file.endMember(); err != nil {
		p.fail(err)
		return
	}
	if p.settle(); p.file != nil {
		_ = p.file.close() // everything is on the disk
		p.file = nil
	}
}

// fail closes the file after a failure. Lines that are not on the disk become a hole.
func (p *output) fail(err error) {
	if p.synced != nil {
		p.noteSync(<-p.synced)
	}
	p.hole.add(p.unsynced)
	p.unsynced, p.flushAt = span{}, time.Time{}
	p.file.abandon()
	p.file, p.retryAt = nil, time.Now().Add(retryEvery)
	p.warn(err)
}

// warn reports a failure unless there was one shortly before: a full disk fails again and
// again.
func (p *output) warn(err error) {
	now := time.Now()
	tell := p.failedAt.IsZero() || now.Sub(p.failedAt) >= quietAfter
	p.failedAt, p.failure = now, recordError(p.name, err)
	if tell {
		p.o.Warn(p.failure)
	}
}

// finish ends the recording. After a failure, even one of the last write, it tries
// once more to state the hole.
func (p *output) finish() {
	failed := p.file == nil
	p.closeFile()
	if failed || !p.hole.isEmpty() {
		p.tryOpen()
		p.closeFile()
	}
	p.unrecorded.add(p.hole)
}
