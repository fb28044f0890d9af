package cmd

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/history"
	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
)

// historyCommand prints the chat of a broadcast from the chat history.
type historyCommand struct {
	Broadcast string `arg:"" optional:"" name:"broadcast" help:"The broadcast's UUID, which records have as broadcast_id. Default: the broadcast in progress, else the last that ended."`
	*historyFlags
}

type historyFlags struct {
	periodFlags
	outputFlags
	endFlags
	retryFlags
	frameFlags
	tokenFlags
	talkFlags
}

// historyRetries is how often a request is retried unless --max-retries says
// otherwise.
const historyRetries = 5

// Run asks the API and runs what it answers through the pipe.
func (c *historyCommand) Run(r *run) error {
	r.talk(&c.talkFlags)
	if c.Broadcast != "" && !history.IsUUID(c.Broadcast) {
		return usageError(fmt.Errorf("invalid broadcast %q: want its UUID", c.Broadcast), "records have it as broadcast_id")
	}
	p, err := r.newPipe(&c.outputFlags, &c.endFlags)
	if err != nil {
		return err
	}
	tokens, options, err := r.tokens(&c.tokenFlags)
	if err != nil {
		return err
	}
	most := historyRetries
	if c.MaxRetries != nil {
		most = int(*c.MaxRetries)
	}
	p.source = &chatHistory{
		client: r.historyClient(options, tokens, most, time.Duration(c.MaxBackoff)), broadcast: c.Broadcast,
		period: &c.periodFlags, maxFrame: int(c.MaxFrame),
	}
	return r.follow(p, &c.endFlags)
}

// setZone loads the user's time zone where it is needed.
func (f *historyFlags) setZone(env Env) error {
	if err := f.outputFlags.setZone(env); err != nil {
		return err
	}
	return f.periodFlags.setZone(env)
}

// historyClient returns a client of the chat history that says on stderr when it
// retries.
func (r *run) historyClient(o auth.Options, tokens session.Tokens, most int, maxBackoff time.Duration) *history.Client {
	return history.New(history.Options{
		APIURL: o.APIURL, HTTP: o.HTTP, Token: tokens.Token, UserAgent: userAgent(), Redact: r.secrets.Text,
		Retries: most, MaxBackoff: maxBackoff,
		Retrying: func(why string, wait time.Duration) {
			r.status.Note("link", fmt.Sprintf("%s, retrying in %.1fs", why, wait.Seconds()))
		},
	})
}

// chatHistory is the chat of a broadcast: a [session.Source] whose items are lines
// of kind history.
type chatHistory struct {
	client    *history.Client
	broadcast string // "" for the one in progress, else the last that ended
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

// read yields the messages until their end, or until yield wants no more.
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

// find returns the broadcast to read.
func (h *chatHistory) find(ctx context.Context) (string, error) {
	if h.broadcast != "" {
		return h.broadcast, nil
	}
	for _, ask := range []func(context.Context) (string, bool, error){h.client.InProgress, h.client.LastEnded} {
		id, ok, err := ask(ctx)
		if failed := (*history.Error)(nil); errors.As(err, &failed) && failed.Reason == history.ReasonScope {
			return "", &exitError{failed.ExitStatus(), err, "or name the broadcast, restail history BROADCAST, by the UUID that records have as broadcast_id"}
		}
		if ok || err != nil {
			return id, err
		}
	}
	return "", history.NoBroadcast()
}

// first returns the time of the first message, zero when there is none or the
// period does not depend on it.
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
