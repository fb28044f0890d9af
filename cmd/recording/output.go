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
	// flushEvery is how long lines wait at most before they are handed to the
	// system, and then to the disk unless it is busy with earlier ones.
	flushEvery = 500 * time.Millisecond
	// retryEvery is how long to wait before opening is tried again.
	retryEvery = 5 * time.Second
	// quietAfter is how long nothing must fail until a failure is told again.
	quietAfter = time.Minute
)

// errTooSlow is the failure when the backlog overflows.
var errTooSlow = errors.New("the disk is too slow")

// output writes chunks to the file of the moment, and knows what is on the disk.
// It belongs to the Writer's goroutine.
type output struct {
	o      Options
	shared *backlog // for its written

	decoder *decode.Decoder // of the lines up to now
	parser  decode.Parser
	action  decode.Action

	file    *file       // nil after a failure
	opened  time.Time   // when the last file was opened
	last    fs.FileInfo // of that file
	needSet bool        // the file lacks the connection set that it begins with
	name    string
	namedAt int64 // the second for which name was chosen

	// Each line is in one of these spans until it is on the disk.
	since   span // written, or on the way in buffers
	syncing span // being put on the disk
	hole    span // not recorded, and not stated yet
	lost    span // all holes before

	flushAt time.Time  // when to flush; zero when there is nothing to flush
	synced  chan error // the result for syncing; nil when nothing is
	syncEnd int64      // the size of the file with syncing

	retryAt  time.Time // when to open the file again
	failedAt time.Time // the last failure
	failure  error
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
		p.since.add(c.span)
		if p.flushAt.IsZero() {
			p.flushAt = c.queued.Add(flushEvery)
		}
		if err := p.file.write(c.text); err != nil {
			p.fail(err)
		}
	}
	p.updateMap(c)
}

// updateMap keeps the connection map, for the next file.
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

// rename chooses the name for now, and tells whether it has changed.
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

// dueAt returns when tick has something to do; zero for never.
func (p *output) dueAt() time.Time {
	if p.file == nil {
		return p.retryAt
	}
	return p.flushAt
}

// tick does what is due.
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

// startSync puts what was flushed on the disk. Another goroutine waits for that:
// a slow disk must not keep later lines from the system.
func (p *output) startSync() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	p.syncing, p.syncEnd, p.since = p.since, info.Size(), span{}
	synced, f := make(chan error, 1), p.file.File
	go func() { synced <- f.Sync() }()
	p.synced = synced
	return nil
}

// endSync takes the result of startSync.
func (p *output) endSync(err error) {
	if p.noteSync(err); err != nil {
		p.fail(err)
	}
}

func (p *output) noteSync(err error) {
	p.synced = nil
	if err != nil {
		p.since.add(p.syncing)
	} else {
		p.file.synced, p.needSet = p.syncEnd, false
		p.shared.advance(p.syncing.last)
	}
	p.syncing = span{}
}

// settle puts everything on the disk before it returns; file is nil afterwards
// if that failed.
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

// stateHole writes what was not recorded, if the file can be written.
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
		p.lost.add(p.hole)
		p.hole = span{}
	}
}

// open opens the file of the current name. Every file begins with the connection
// set; that of the first is empty.
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
	p.needSet = p.needSet || f.empty || !os.SameFile(p.last, info)
	p.last, p.file, p.opened = info, f, time.Now()
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

// tryOpen opens the file and states the hole in it, or says when to try again.
func (p *output) tryOpen() {
	if err := p.open(); err != nil {
		p.retryAt = time.Now().Add(retryEvery)
		p.warn(err)
	}
	p.stateHole()
}

// reopen closes the file and opens the one that has the name now.
func (p *output) reopen() {
	p.closeFile()
	p.rename(time.Now())
	p.tryOpen()
}

// closeFile closes the file when everything is on the disk.
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

// fail gives the file up for now. What is not on the disk is not recorded.
func (p *output) fail(err error) {
	if p.synced != nil {
		p.noteSync(<-p.synced)
	}
	p.hole.add(p.since)
	p.since, p.flushAt = span{}, time.Time{}
	p.file.abandon()
	p.file, p.retryAt = nil, time.Now().Add(retryEvery)
	p.warn(err)
}

// warn tells of the first failure in a while: a full disk fails again and again.
func (p *output) warn(err error) {
	now := time.Now()
	tell := p.failedAt.IsZero() || now.Sub(p.failedAt) >= quietAfter
	p.failedAt, p.failure = now, recordError(p.name, err)
	if tell {
		p.o.Warn(p.failure)
	}
}

// finish ends the recording. A file that failed gets a last chance to state the
// hole.
func (p *output) finish() {
	if p.file == nil {
		p.tryOpen()
	}
	p.closeFile()
	p.lost.add(p.hole)
}
