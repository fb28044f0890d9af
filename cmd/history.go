package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/history"
	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
)

// historyCommand prints the chat of a broadcast from the chat history.
type historyCommand struct {
	Broadcast string `arg:"" optional:"" name:"broadcast" help:"The broadcast's UUID, the broadcast_id of its records. Default: the broadcast in progress, or else the last that ended."`
	*historyFlags
}

type historyFlags struct {
	periodFlags
	outputFlags
	endFlags
	retryFlags
	frameFlags
	tokenFlags
	messageFlags
}

// historyRetries is how many times a request of the history command is retried
// without --max-retries.
const historyRetries = 5

// Run reads the chat from the API and runs it through the pipe.
func (c *historyCommand) Run(r *run) error {
	r.setMessages(&c.messageFlags)
	if c.Broadcast != "" && !history.IsUUID(c.Broadcast) {
		return usageError(fmt.Errorf("invalid broadcast %q: want its UUID", c.Broadcast), "it is the broadcast_id of its records")
	}
	p, err := r.newPipe(&c.outputFlags, &c.endFlags)
	if err != nil {
		return err
	}
	tokens, options, err := r.openTokens(&c.tokenFlags)
	if err != nil {
		return err
	}
	maxRetries := historyRetries
	if c.MaxRetries != nil {
		maxRetries = int(*c.MaxRetries)
	}
	p.source = &chatHistory{
		client: r.historyClient(options, tokens, maxRetries, time.Duration(c.MaxBackoff)), broadcast: c.Broadcast,
		period: &c.periodFlags, maxFrame: int(c.MaxFrame),
	}
	return r.follow(p)
}

// setZone loads the user's time zone if a flag needs it.
func (f *historyFlags) setZone(env Env) error {
	return cmp.Or(f.outputFlags.setZone(env), f.periodFlags.setZone(env))
}

// historyClient returns a client of the chat history that reports each retry on
// stderr. maxBackoff is the longest pause between two tries.
func (r *run) historyClient(o auth.Options, tokens session.Tokens, maxRetries int, maxBackoff time.Duration) *history.Client {
	return history.New(history.Options{
		APIURL: o.APIURL, HTTP: o.HTTP, Token: tokens.Token, UserAgent: userAgent(), Redact: r.secrets.Text,
		Retries: maxRetries, MaxBackoff: maxBackoff,
		Retrying: func(reason string, wait time.Duration) {
			r.status.Note("link", fmt.Sprintf("%s, retrying in %.1fs", reason, wait.Seconds()))
		},
	})
}

// chatHistory is a [session.Source] of the chat history of a broadcast. Its items
// are lines of kind history.
type chatHistory struct {
	client    *history.Client
	broadcast string // "" for the one in progress, or else the last that ended
	period    *periodFlags
	maxFrame  int
}

// Items implements [session.Source].
func (h *chatHistory) Items(ctx context.Context) iter.Seq2[session.Item, error] {
	return func(yield func(session.Item, error) bool) {
		if err := h.read(ctx, yield); err != nil && ctx.Err() == nil {
			yield(session.Item{}, err)
		}
	}
}

// read yields the messages, until yield returns false.
func (h *chatHistory) read(ctx context.Context, yield func(session.Item, error) bool) error {
	broadcast, err := h.find(ctx)
	if err != nil {
		return err
	}
	first, err := h.first(ctx, broadcast)
	if err != nil {
		return err
	}
	since, until := h.period.resolve(first)
	var parser recording.LineParser
	var line []byte
	number := 0
	for m, err := range h.client.Messages(ctx, broadcast, since) {
		if err != nil {
			return err
		}
		number++
		item := session.Item{Received: time.Now(), More: m.More}
		line = recording.AppendHistory(line[:0], broadcast, m.Raw)
		item.Frame = line[:len(line)-1]
		if len(item.Frame) > h.maxFrame {
			item.Frame, item.Broken = nil, &session.TooLongError{File: "the chat history", Line: number, Limit: h.maxFrame}
		} else if item.Line = parser.Own(item.Frame, item.Received); item.Line == nil {
			item.Frame, item.Broken = m.Raw, errors.New("a message of the chat history is not an object")
		} else {
			at := item.Line.Record.At
			item.Outside = at.Before(since) || !until.IsZero() && !at.Before(until)
		}
		if !yield(item, nil) {
			return nil
		}
	}
	return nil
}

// find returns the UUID of the broadcast to read.
func (h *chatHistory) find(ctx context.Context) (string, error) {
	if h.broadcast != "" {
		return h.broadcast, nil
	}
	for _, find := range []func(context.Context) (string, bool, error){h.client.InProgress, h.client.LastEnded} {
		id, ok, err := find(ctx)
		if apiErr, ok := errors.AsType[*history.Error](err); ok && apiErr.Reason == history.ReasonScope {
			return "", &exitError{apiErr.ExitStatus(), err, "or name the broadcast: restail history BROADCAST, with the broadcast_id of its records"}
		}
		if ok || err != nil {
			return id, err
		}
	}
	return "", history.NoBroadcast()
}

// first returns the time of the first message that has one. It returns zero when
// there is none, or when the period does not depend on it.
func (h *chatHistory) first(ctx context.Context, broadcast string) (time.Time, error) {
	if !h.period.isRelative() {
		return time.Time{}, nil
	}
	for m, err := range h.client.Messages(ctx, broadcast, time.Time{}) {
		if err != nil || !m.Time.IsZero() {
			return m.Time, err
		}
	}
	return time.Time{}, nil
}

// backfillRetries is how many times a request of --backfill is retried.
const backfillRetries = 4

// backfill fills the gaps of a live chat. It sends the messages that it finds to the
// live source, which puts them into the stream and into the recording.
type backfill struct {
	*history.Backfill
	inserts  chan session.Item
	afterGap func() // called after each gap, whether it was filled or not; can be nil
}

// newBackfill returns a backfill; its Run method does the work. maxBackoff is the
// longest pause between two tries. speed divides the delays before a gap is filled; 0
// means no delay. edge holds the last messages of an earlier run, as
// [recording.State] kept them.
func (r *run) newBackfill(o auth.Options, tokens session.Tokens, maxBackoff time.Duration, speed float64, edge []byte) *backfill {
	b := &backfill{inserts: make(chan session.Item)}
	b.Backfill = history.NewBackfill(history.BackfillOptions{
		Client: r.historyClient(o, tokens, backfillRetries, maxBackoff),
		Insert: b.insert, Report: b.report, Speed: speed, Edge: edge,
	})
	return b
}

// insert sends messages of a broadcast to the stream.
func (b *backfill) insert(ctx context.Context, messages []history.Message, broadcast string) {
	for _, m := range messages {
		now := time.Now()
		line := recording.AppendHistory(nil, broadcast, m.Raw)
		parsed := new(recording.LineParser).Own(line, now)
		if parsed != nil {
			b.send(ctx, session.Item{Line: parsed, Frame: bytes.TrimSuffix(line, []byte("\n")), Received: now})
		}
	}
}

// report sends the outcome of a gap to the stream.
func (b *backfill) report(ctx context.Context, status, reason string, count int, gap time.Duration) {
	now := time.Now()
	b.send(ctx, session.Item{Received: now, Link: &session.LinkEvent{
		Status: status, Reason: reason, At: now, Gap: gap, HasGap: true, Count: count,
	}})
	if b.afterGap != nil {
		b.afterGap()
	}
}

// send waits until the live source takes the item, or the run ends.
func (b *backfill) send(ctx context.Context, item session.Item) {
	select {
	case b.inserts <- item:
	case <-ctx.Done():
	}
}

// noteAction notes the action that the decoder holds. An action without a stamp of the
// service is noted with the zero time.
func (b *backfill) noteAction(d *decode.Decoder, item session.Item) {
	stamp, ok := item.Action.Stamp()
	if !ok {
		stamp = time.Time{}
	}
	b.Note(d.Record(), stamp, item.Received)
}

// noteLink notes a link event.
func (b *backfill) noteLink(event *session.LinkEvent) {
	switch {
	case event.Status == session.Connected && !event.HasGap:
		b.Connected(event.At)
	case event.Status == session.Connected, event.Status == session.Restored:
		b.Restored(event.At, event.Gap)
	}
}
