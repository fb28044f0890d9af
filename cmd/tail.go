package cmd

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
	"github.com/restail/restail/format/safe"
)

// tailCommand follows the live chat.
type tailCommand struct{ *tailFlags }

type tailFlags struct {
	outputFlags
	endFlags
	recordFlags
	stateFlags
	backfillFlags
	linkFlags
	tokenFlags
	messageFlags
}

// Run connects to the chat and runs it through the pipe.
func (c *tailCommand) Run(r *run) error {
	r.setMessages(&c.messageFlags)
	p, err := r.newPipe(&c.outputFlags, &c.endFlags)
	if err != nil {
		return err
	}
	extras := &p.extras
	if extras.state, err = r.openState(&c.stateFlags); err != nil {
		return err
	}
	if extras.state != nil {
		defer extras.state.Close()
	}
	if c.Write != "" && filepath.Clean(c.Write) == filepath.Clean(c.State) {
		return usageError(errors.New("--write and --state name the same file"), "")
	}
	if extras.recorder, err = r.newRecorder(&c.recordFlags, c.Buffer); err != nil {
		return err
	}
	live, err := r.openLive(&c.linkFlags, &c.tokenFlags, extras, c.Backfill)
	if err != nil {
		if extras.recorder != nil {
			_ = extras.recorder.Close() // nothing was received
		}
		return err
	}
	p.source, p.live = live, live
	err = r.follow(p)
	if errors.Is(err, auth.ErrNoLogin) && isRegularFile(r.Stdin) {
		return &exitError{statusUnauthorized, err, replayAdvice}
	}
	return err
}

// isRegularFile reports whether stdin is a regular file, as in restail < show.raw.
func isRegularFile(stdin io.Reader) bool {
	file, ok := stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// liveExtras are what flags add to a live chat.
type liveExtras struct {
	recorder *recorder        // --write; nil without it
	backfill *backfill        // --backfill; nil without it
	state    *recording.State // --state; nil without it

	received      time.Time // when the last action was received
	completeUntil time.Time // the last CompleteUntil of an item

	// Set by the loop and read by saveState, in Unix nanoseconds.
	handled  atomic.Int64 // all actions up to this time were written to stdout or dropped
	complete atomic.Int64 // completeUntil when handled was set
}

// openLive builds the live source from the flags, without contacting anything. The
// source writes to the recorder of x, and states the gap since the state of x. If fill
// is true, openLive also sets the backfill of x.
func (r *run) openLive(l *linkFlags, t *tokenFlags, x *liveExtras, fill bool) (*session.Live, error) {
	if _, err := endpoint.Check(l.URL, "wss", "ws"); err != nil {
		return nil, r.flagError("url", err)
	}
	tokens, api, err := r.openTokens(t)
	if err != nil {
		return nil, err
	}
	if fill {
		var edge []byte
		if x.state != nil {
			edge = x.state.Edge()
		}
		x.backfill = r.newBackfill(api, tokens, time.Duration(l.MaxBackoff), 1, edge)
	}
	return r.newLive(l, tokens, x)
}

// newLive builds a live source that gets its access tokens from tokens. See openLive
// for x.
func (r *run) newLive(l *linkFlags, tokens session.Tokens, x *liveExtras) (*session.Live, error) {
	options := session.LiveOptions{
		URL: l.URL, Tokens: tokens, Redact: r.secrets.Text, Getenv: r.getenv, UserAgent: userAgent(),
		Retries: l.retries(), MaxBackoff: time.Duration(l.MaxBackoff),
		HeartbeatTimeout: time.Duration(l.HeartbeatTimeout),
		MaxFrame:         int(l.MaxFrame), Buffer: int(l.Buffer), Resumed: r.resumed,
	}
	if x.recorder != nil {
		options.Recorder = x.recorder
	}
	if x.backfill != nil {
		options.Inserts = x.backfill.inserts
	}
	if x.state != nil {
		options.CompleteUntil, _ = x.state.Complete()
	}
	live, err := session.NewLive(options)
	if err != nil {
		return nil, usageError(err, "")
	}
	return live, nil
}

// retries returns the number of retries in an outage, negative for no limit.
func (l *linkFlags) retries() int {
	switch {
	case !l.Reconnect:
		return 0
	case l.MaxRetries != nil:
		return int(*l.MaxRetries)
	}
	return -1
}

// noteAction notes an action that the decoder holds.
func (x *liveExtras) noteAction(d *decode.Decoder, item session.Item) {
	x.received = item.Received
	if x.backfill != nil {
		x.backfill.noteAction(d, item)
	}
}

// noteLink notes a link event.
func (x *liveExtras) noteLink(event *session.LinkEvent) {
	if x.backfill != nil {
		x.backfill.noteLink(event)
	}
}

// noteHistory notes a message of the chat history.
func (x *liveExtras) noteHistory() {
	if x.backfill != nil {
		x.backfill.NoteInserted()
	}
}

// setHandled notes that everything so far was written to stdout or dropped. If more is
// true, other actions with the time of the last one may follow, so handled stays below it.
func (x *liveExtras) setHandled(more bool) {
	if x.backfill != nil {
		x.backfill.Handled()
	}
	if x.received.IsZero() {
		return
	}
	handled := x.received
	if more {
		handled = handled.Add(-1)
	}
	x.handled.Store(handled.UnixNano())
	x.complete.Store(x.completeUntil.UnixNano())
}

// saveState saves the time up to which the chat is complete on stdout, and in the
// recording if there is one.
func (x *liveExtras) saveState() {
	if x.state == nil {
		return
	}
	complete := time.Unix(0, x.complete.Load())
	handled := time.Unix(0, x.handled.Load())
	if handled.Before(complete) {
		complete = handled
	}
	if x.recorder != nil {
		written := x.recorder.Written()
		if written.IsZero() { // so the gap after this run begins where the one before it does
			written, _ = x.state.Complete()
		}
		if written.Before(complete) {
			complete = written
		}
	}
	if complete.Unix() > 0 {
		x.state.Save(complete, func() []byte {
			if x.backfill == nil {
				return nil
			}
			return x.backfill.Edge(complete)
		})
	}
}

// linkRecord returns the record of a link event. Its gap is rounded to milliseconds.
func linkRecord(event *session.LinkEvent) *record.Record {
	r := new(record.Record)
	r.SetTime(event.At.Truncate(time.Second))
	r.SetPlain(record.Action, "link")
	r.SetPlain(record.Status, event.Status)
	if event.Reason != "" {
		r.SetPlain(record.Reason, event.Reason)
	}
	if event.HasGap {
		gap := math.Round(event.Gap.Seconds()*1000) / 1000
		r.SetNumber(record.GapSeconds, strconv.AppendFloat(nil, gap, 'f', -1, 64))
	}
	switch event.Status {
	case session.Filled:
		r.SetInt(record.Filled, int64(event.Count))
	case session.Restored, session.Lost:
		r.SetInt(record.Attempt, int64(event.Attempt))
	}
	return r
}

// reportLink prints a status line for a link event, whose record is r. It prints
// nothing for Ended: the error message that follows gives the reason.
func reportLink(status *format.Status, r *record.Record, event *session.LinkEvent) {
	if event.Status != session.Ended {
		status.Link(format.Link{Detail: event.Detail, Gap: event.Gap, Retry: event.Retry, NeverUp: event.NeverUp}, r)
	}
}

// recorder writes what a live source receives to the recording of -w.
type recorder struct {
	*recording.Writer
	endsRun func(*session.LinkEvent) bool // reports whether an event ends the run and is not recorded; nil for never
}

// Link implements [session.Recorder].
func (r *recorder) Link(event *session.LinkEvent) {
	if r.endsRun != nil && r.endsRun(event) {
		return
	}
	r.Own(event.At, recording.AppendLink(nil, linkRecord(event), event.SameSocket))
}

// closeWithin closes the recording, if there is one, but waits for a slow disk no longer
// than limit.
func (r *recorder) closeWithin(limit time.Duration) {
	if r == nil {
		return
	}
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
	var location *time.Location // only a layout needs one
	if strings.Contains(f.Write, "%") {
		var err error
		if location, err = r.location(); err != nil {
			return nil, err
		}
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
