package cmd

import (
	"fmt"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
	"github.com/restail/restail/format/safe"
)

// recorder writes what a live source receives to the recording of -w.
type recorder struct {
	*recording.Writer
	endsRun func(*session.LinkEvent) bool // reports whether an event ends the run and is not recorded; nil for never
	link    record.Record
	line    []byte
}

// Link implements [session.Recorder].
func (r *recorder) Link(event *session.LinkEvent) {
	if r.endsRun != nil && r.endsRun(event) {
		return
	}
	setLinkRecord(&r.link, event)
	r.line = recording.AppendLink(r.line[:0], &r.link, event.SameSocket)
	r.Own(event.At, r.line)
}

// closeWithin closes the recording, but waits for a slow disk no longer than limit.
func (r *recorder) closeWithin(limit time.Duration) {
	closed := make(chan struct{})
	go func() {
		_ = r.Close() // the process ends, so the error cannot change its status
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(limit):
	}
}

// newRecorder opens the recording. It returns nil without -w. buffer limits the bytes
// that wait for the disk.
func (r *run) newRecorder(f *recordFlags, buffer size) (*recorder, error) {
	if f.Write == "" {
		return nil, nil
	}
	if bad := format.UnknownDirective(f.Write); bad != "" {
		return nil, r.flagError("write", fmt.Errorf("unknown directive %q in file name %q: strftime has %%Y %%m %%d %%F %%H and others, and %%%% for a percent sign",
			safe.String(bad), safe.String(f.Write)))
	}
	location, err := r.location()
	if err != nil {
		return nil, err
	}
	writer, err := recording.Open(recording.Options{
		Layout: f.Write, Location: location, Buffer: int(buffer),
		Warn: func(err error) { r.status.Error(err.Error(), "") },
	})
	if err != nil {
		return nil, usageError(err, "")
	}
	return &recorder{Writer: writer}, nil
}

// openState opens the state file. It returns nil without --state.
func (r *run) openState(f *stateFlags) (*recording.State, error) {
	if f.State == "" {
		return nil, nil
	}
	state, err := recording.OpenState(f.State, func(err error) { r.status.Note("link", err.Error()) })
	if err != nil {
		return nil, usageError(err, "")
	}
	return state, nil
}

// saveState saves the time up to which the chat is complete on stdout, and in the
// recording if there is one.
func (p *pipe) saveState() {
	if p.state == nil {
		return
	}
	handled := time.Unix(0, p.handled.Load())
	complete := handled
	if p.recorder != nil {
		if written := p.recorder.Written(); written.Before(complete) {
			complete = written
		}
	}
	if complete.Unix() > 0 {
		p.state.Save(complete, func() []byte {
			if p.backfill == nil {
				return nil
			}
			return p.backfill.Edge(complete, handled)
		})
	}
}
