package cmd

import (
	"errors"
	"math"
	"path/filepath"
	"strconv"
	"time"

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
	talkFlags
}

// Run dials the chat and runs it through the pipe.
func (c *tailCommand) Run(r *run) error {
	r.talk(&c.talkFlags)
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
	p.fills = c.Backfill
	live, err := r.dialer(&c.linkFlags, &c.tokenFlags, p)
	if err != nil {
		if p.recorder != nil {
			_ = p.recorder.Close() // nothing was received
		}
		return err
	}
	p.source, p.live = live, live
	return r.follow(p, &c.endFlags)
}

// dialer builds the live source from the flags; nothing is contacted yet. What it
// receives is recorded as p says, which may be nil.
func (r *run) dialer(l *linkFlags, t *tokenFlags, p *pipe) (*session.Live, error) {
	if _, err := endpoint.Check(l.URL, "wss", "ws"); err != nil {
		return nil, r.flagError("url", err)
	}
	tokens, api, err := r.tokens(t)
	if err != nil {
		return nil, err
	}
	if p != nil && p.fills {
		var edge []byte
		if p.state != nil {
			edge = p.state.Edge()
		}
		p.backfill = r.newBackfill(api, tokens, time.Duration(l.MaxBackoff), 1, edge)
	}
	return r.newLive(l, tokens, p)
}

// newLive builds a live source that asks tokens for the access token; see dialer
// for p.
func (r *run) newLive(l *linkFlags, tokens session.Tokens, p *pipe) (*session.Live, error) {
	options := session.LiveOptions{
		URL: l.URL, Tokens: tokens, Redact: r.secrets.Text, Getenv: r.getenv, UserAgent: userAgent(),
		Retries: l.retries(), MaxBackoff: time.Duration(l.MaxBackoff),
		HeartbeatTimeout: time.Duration(l.HeartbeatTimeout),
		MaxFrame:         int(l.MaxFrame), Buffer: int(l.Buffer), Resumed: r.resumed,
	}
	if p != nil && p.recorder != nil {
		options.Recorder = p.recorder
	}
	if p != nil && p.backfill != nil {
		options.Inserts = p.backfill.inserts
	}
	if p != nil && p.state != nil {
		options.CompleteUntil, _ = p.state.Complete()
	}
	live, err := session.NewLive(options)
	if err != nil {
		return nil, usageError(err, "")
	}
	return live, nil
}

// retries is how often to dial again in an outage; a negative number means without limit.
func (l *linkFlags) retries() int {
	switch {
	case !l.Reconnect:
		return 0
	case l.MaxRetries != nil:
		return int(*l.MaxRetries)
	}
	return -1
}

// linkRecord makes news of the link a record. A gap has milliseconds.
func linkRecord(r *record.Record, link *session.Link) {
	r.Reset()
	r.SetTime(link.At.Truncate(time.Second))
	r.SetPlain(record.Action, "link")
	r.SetPlain(record.Status, link.Status)
	if link.Reason != "" {
		r.SetPlain(record.Reason, link.Reason)
	}
	if link.HasGap {
		gap := math.Round(link.Gap.Seconds()*1000) / 1000
		r.SetNumber(record.GapSeconds, strconv.AppendFloat(nil, gap, 'f', -1, 64))
	}
	setFilled(r, link)
	if link.Status == session.Restored || link.Status == session.Lost {
		r.SetInt(record.Attempt, int64(link.Attempt))
	}
}

// tellLink makes a status line of news of the link, which r is the record of.
// Ended prints nothing: the error that follows does.
func tellLink(status *format.Status, r *record.Record, link *session.Link) {
	if link.Status != session.Ended {
		status.Link(format.Link{Detail: link.Detail, Gap: link.Gap, Retry: link.Retry, NeverUp: link.NeverUp}, r)
	}
}
