package cmd

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// connectionsCommand prints the connection set once it has settled.
type connectionsCommand struct{ *connectionsFlags }

type connectionsFlags struct {
	Format string   `short:"o" enum:"text,ndjson,raw" default:"text" placeholder:"FORMAT" group:"output" help:"text: a table; ndjson: the records; raw: the actions they are from."`
	Settle duration `default:"3s" placeholder:"DURATION" group:"end" help:"The set has settled when nothing about a connection changed for that long."`
	linkFlags
	tokenFlags
	talkFlags
}

// settleTries bounds the wait for a set that never settles, in times of
// --settle.
const settleTries = 20

// connectionRetries is how often a lost link is redialled unless --max-retries
// says otherwise: whoever asks wants an answer soon.
const connectionRetries = retries(3)

// errSettled and errEnough end the wait: all is quiet, or it never will be.
var (
	errSettled = errors.New("the connections have settled")
	errEnough  = errors.New("the link does not hold long enough to tell")
)

// Run connects, waits, prints, and is 0 only when every connection is up.
func (c *connectionsCommand) Run(r *run) error {
	r.talk(&c.talkFlags)
	if c.MaxRetries == nil && c.Reconnect {
		n := connectionRetries
		c.MaxRetries = &n
	}
	live, err := r.dialer(&c.linkFlags, &c.tokenFlags)
	if err != nil {
		return err
	}
	decoder := decode.New(time.Now)
	if err := c.settle(r, live, decoder); err != nil {
		return sourceError(err)
	}
	return c.print(r, decoder)
}

// settle follows the link until it is up and nothing about a connection has
// changed for --settle.
func (c *connectionsCommand) settle(r *run, live *session.Live, decoder *decode.Decoder) error {
	ctx, cancel := context.WithCancelCause(r.Context)
	var watcher sync.WaitGroup
	watcher.Go(func() { watchReader(ctx, r.Stdout, func() { cancel(stopped{statusDone}) }) })
	defer watcher.Wait()
	defer cancel(nil)
	quiet := startLater(func() { cancel(errSettled) })
	defer quiet.Stop()
	enough := startLater(func() { cancel(errEnough) })
	defer enough.Stop()

	up := false
	var link record.Record
	for item, err := range live.Items(ctx) {
		switch {
		case err != nil:
			return err
		case item.Link == nil && item.Frame == nil:
			continue
		case item.Link == nil:
			c.read(r, live, decoder, item.Frame, quiet)
			continue
		case item.Link.Status == session.Connected:
			enough.Reset(settleTries * time.Duration(c.Settle))
		case item.Link.Status == session.Restored && !item.Link.Same:
			decoder.Relink()
		}
		if up = item.Link.Status == session.Connected || item.Link.Status == session.Restored; up {
			quiet.Reset(time.Duration(c.Settle))
		} else {
			quiet.Stop()
		}
		linkRecord(&link, item.Link)
		tellLink(r.status, &link, item.Link)
	}
	switch cause := context.Cause(ctx); {
	case up && (errors.Is(cause, errSettled) || errors.Is(cause, errEnough)):
		return nil
	case errors.Is(cause, errSettled), errors.Is(cause, errEnough):
		return &exitError{status: statusGivenUp, err: errEnough}
	default:
		return cause
	}
}

// startLater returns a timer that runs f when it is reset, and not before.
func startLater(f func()) *time.Timer {
	timer := time.AfterFunc(time.Hour, f)
	timer.Stop()
	return timer
}

// read takes one action into the map.
func (c *connectionsCommand) read(r *run, live *session.Live, decoder *decode.Decoder, frame []byte, quiet *time.Timer) {
	if err := decoder.Read(frame, 0); err != nil {
		r.status.Frame(err, frame)
		live.Broken()
	}
	if decoder.Updated() {
		quiet.Reset(time.Duration(c.Settle))
	}
}

// print writes the set and judges it.
func (c *connectionsCommand) print(r *run, decoder *decode.Decoder) error {
	linked := decoder.Linked()
	var out []byte
	connected := len(linked) > 0
	for _, l := range linked {
		connected = connected && l.Status == "connected"
		frame := decoder.Frame(l.Identifier)
		switch c.Format {
		case "raw":
			out = format.Raw{}.Record(out, nil, frame)
		case "ndjson":
			info, err := decoder.Decode(frame)
			if err != nil {
				return err
			}
			out = format.NDJSON{}.Record(out, info, frame)
		}
	}
	if c.Format == "text" {
		out = format.AppendTable(out, linked)
	}
	if _, err := r.Stdout.Write(out); err != nil {
		return writeError(err)
	}
	if !connected {
		return stopped{statusFailed}
	}
	return nil
}
