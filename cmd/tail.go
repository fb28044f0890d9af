package cmd

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
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
	if p.state, err = r.openState(&c.stateFlags); err != nil {
		return err
	}
	if p.state != nil {
		defer p.state.Close()
	}
	if c.Write != "" && filepath.Clean(c.Write) == filepath.Clean(c.State) {
		return usageError(errors.New("--write and --state name the same file"), "")
	}
	if p.recorder, err = r.newRecorder(&c.recordFlags, c.Buffer); err != nil {
		return err
	}
	live, err := r.openLive(&c.linkFlags, &c.tokenFlags, p, c.Backfill)
	if err != nil {
		if p.recorder != nil {
			_ = p.recorder.Close() // nothing was received
		}
		return err
	}
	p.source, p.live = live, live
	err = r.follow(p, &c.endFlags)
	if errors.Is(err, auth.ErrNoLogin) && isRegularFile(r.Stdin) {
		return &exitError{statusUnauthorized, err, replayAdvice}
	}
	return err
}

// isRegularFile reports whether stdin is one, as in restail < show.raw.
func isRegularFile(stdin io.Reader) bool {
	file, ok := stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// openLive builds the live source from the flags, without contacting anything. The
// source writes to the recorder of p, and states the gap since the state of p. If fill
// is true, openLive also sets the backfill of p.
func (r *run) openLive(l *linkFlags, t *tokenFlags, p *pipe, fill bool) (*session.Live, error) {
	if _, err := endpoint.Check(l.URL, "wss", "ws"); err != nil {
		return nil, r.flagError("url", err)
	}
	tokens, api, err := r.openTokens(t)
	if err != nil {
		return nil, err
	}
	if fill {
		var edge []byte
		if p.state != nil {
			edge = p.state.Edge()
		}
		p.backfill = r.newBackfill(api, tokens, time.Duration(l.MaxBackoff), 1, edge)
	}
	return r.newLive(l, tokens, p)
}

// newLive builds a live source that gets its access tokens from tokens. See openLive
// for p.
func (r *run) newLive(l *linkFlags, tokens session.Tokens, p *pipe) (*session.Live, error) {
	options := session.LiveOptions{
		URL: l.URL, Tokens: tokens, Redact: r.secrets.Text, Getenv: r.getenv, UserAgent: userAgent(),
		Retries: l.retries(), MaxBackoff: time.Duration(l.MaxBackoff),
		HeartbeatTimeout: time.Duration(l.HeartbeatTimeout),
		MaxFrame:         int(l.MaxFrame), Buffer: int(l.Buffer), Resumed: r.resumed,
	}
	if p.recorder != nil {
		options.Recorder = p.recorder
	}
	if p.backfill != nil {
		options.Inserts = p.backfill.inserts
	}
	if p.state != nil {
		options.CompleteUntil, _ = p.state.Complete()
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

// setLinkRecord makes r the record of a link event. Its gap is rounded to
// milliseconds.
func setLinkRecord(r *record.Record, event *session.LinkEvent) {
	r.Reset()
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
}

// reportLink prints a status line for a link event, whose record is r. It prints
// nothing for Ended: the error message that follows gives the reason.
func reportLink(status *format.Status, r *record.Record, event *session.LinkEvent) {
	if event.Status != session.Ended {
		status.Link(format.Link{Detail: event.Detail, Gap: event.Gap, Retry: event.Retry, NeverUp: event.NeverUp}, r)
	}
}
