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

// recordFlags say where to record to.
type recordFlags struct {
	Write string `short:"w" placeholder:"FILE" words:"files" group:"record" help:"Record everything that is received to FILE, whatever stdout shows. FILE is appended to; it is compressed when it ends in .gz, and can be a strftime layout such as %Y/%F.raw.gz."`
}

// stateFlags say where to remember how far a run came.
type stateFlags struct {
	State string `placeholder:"FILE" words:"files" group:"record" help:"Remember in FILE until when the chat was complete, so that the next run states the gap between the two."`
}

// A recorder records what a link receives.
type recorder struct {
	*recording.Writer
	ends func(*session.Link) bool // reports news that end the run and are not recorded; nil for none
	link record.Record
	line []byte
}

// Link implements [session.Recorder].
func (r *recorder) Link(news *session.Link) {
	if r.ends != nil && r.ends(news) {
		return
	}
	linkRecord(&r.link, news)
	r.line = recording.AppendLink(r.line[:0], &r.link, news.Same)
	r.Own(news.At, r.line)
}

// close ends the recording, but does not wait for a slow disk longer than that.
func (r *recorder) close(wait time.Duration) {
	closed := make(chan struct{})
	go func() {
		_ = r.Close() // the process ends
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(wait):
	}
}

// newRecorder opens the recording; nil without -w.
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

// openState opens the state file; nil without --state.
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

// saveState remembers until when the chat is complete on stdout, and in the
// recording if there is one.
func (p *pipe) saveState() {
	if p.state == nil {
		return
	}
	handed := time.Unix(0, p.handled.Load())
	complete := handed
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
			return p.backfill.Edge(complete, handed)
		})
	}
}
