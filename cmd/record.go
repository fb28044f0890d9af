package cmd

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/history"
	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
	"github.com/restail/restail/format/safe"
)

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

// backfillRetries is how often a request is tried again.
const backfillRetries = 4

// backfill fills the gaps of a live chat. What it finds goes to the link, which
// puts it into the stream and into the recording.
type backfill struct {
	*history.Backfill
	ctx     context.Context // of run
	inserts chan session.Item
	filled  func() // called when a gap was dealt with; nil for nothing
}

// newBackfill prepares the filling of gaps. maxBackoff is the longest pause between
// two tries. speed divides the delays before a gap is filled; 0 means none. edge is
// that of an earlier run.
func (r *run) newBackfill(o auth.Options, tokens session.Tokens, maxBackoff time.Duration, speed float64, edge []byte) *backfill {
	b := &backfill{inserts: make(chan session.Item)}
	b.Backfill = history.NewBackfill(history.BackfillOptions{
		Client: r.historyClient(o, tokens, backfillRetries, maxBackoff),
		Insert: b.insert, Report: b.report, Speed: speed, Edge: edge,
	})
	return b
}

// run fills gaps until ctx is done.
func (b *backfill) run(ctx context.Context) {
	b.ctx = ctx
	b.Run(ctx)
}

// insert puts messages into the stream.
func (b *backfill) insert(messages []history.Message, broadcast string) {
	for _, m := range messages {
		now := time.Now()
		line := recording.AppendHistory(nil, broadcast, m.Raw)
		parsed := new(recording.LineParser).Own(line, now)
		if parsed != nil {
			b.put(session.Item{Line: parsed, Frame: bytes.TrimSuffix(line, []byte("\n")), Received: now})
		}
	}
}

// report puts what became of a gap into the stream.
func (b *backfill) report(status, reason string, count int, gap time.Duration) {
	now := time.Now()
	b.put(session.Item{Received: now, Link: &session.Link{
		Status: status, Reason: reason, At: now, Gap: gap, HasGap: true, Count: count,
	}})
	if b.filled != nil {
		b.filled()
	}
}

func (b *backfill) put(item session.Item) {
	select {
	case b.inserts <- item:
	case <-b.ctx.Done():
	}
}

// noteAction takes the action that was applied. The service's stamp is zero when it
// has none.
func (b *backfill) noteAction(p *pipe, item session.Item) {
	stamp, ok := item.Action.Stamp()
	if !ok {
		stamp = time.Time{}
	}
	b.Note(p.decoder.Record(), stamp, item.Received)
}

// noteLink takes news of the link.
func (b *backfill) noteLink(news *session.Link) {
	switch {
	case news.Status == session.Connected && !news.HasGap:
		b.Connected(news.At)
	case news.Status == session.Connected, news.Status == session.Restored:
		b.Restored(news.At, news.Gap)
	}
}

// setFilled completes the record of a gap that was dealt with.
func setFilled(r *record.Record, link *session.Link) {
	if link.Status == session.Filled {
		r.SetInt(record.Filled, int64(link.Count))
	}
}
