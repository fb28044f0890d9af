package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// connectionsCommand prints the connection set once it has settled.
type connectionsCommand struct{ *connectionsFlags }

type connectionsFlags struct {
	Format string   `short:"o" enum:"text,ndjson" default:"text" placeholder:"FORMAT" group:"output" help:"text: a table; ndjson: the records."`
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

// errSettled ends the wait.
var errSettled = errors.New("the connections have settled")

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

// settle follows the link until no connection has changed for --settle.
func (c *connectionsCommand) settle(r *run, live *session.Live, decoder *decode.Decoder) error {
	ctx, cancel := context.WithCancelCause(r.Context)
	defer cancel(nil)
	settled := func() { cancel(errSettled) }
	var quiet, enough *time.Timer
	defer func() {
		if quiet != nil {
			quiet.Stop()
			enough.Stop()
		}
	}()
	for item, err := range live.Items(ctx) {
		switch {
		case err != nil:
			return err
		case item.Link != nil:
			r.status.Link(format.Link(*item.Link))
			if item.Link.Status == session.Connected {
				quiet = time.AfterFunc(time.Duration(c.Settle), settled)
				enough = time.AfterFunc(settleTries*time.Duration(c.Settle), settled)
			}
			if item.Link.Status == session.Restored {
				decoder.Relink()
				quiet.Reset(time.Duration(c.Settle))
			}
			continue
		}
		if _, err := decoder.Decode(item.Frame); err != nil {
			r.status.Frame(err, item.Frame)
		}
		if decoder.Updated() {
			quiet.Reset(time.Duration(c.Settle))
		}
	}
	if cause := context.Cause(ctx); !errors.Is(cause, errSettled) {
		return cause
	}
	return nil
}

// print writes the set and judges it.
func (c *connectionsCommand) print(r *run, decoder *decode.Decoder) error {
	linked := decoder.Linked()
	var out []byte
	connected := len(linked) > 0
	for _, l := range linked {
		connected = connected && l.Status == "connected"
		if c.Format == "ndjson" {
			info, err := decoder.Decode(decoder.Frame(l.Identifier))
			if err != nil {
				return err
			}
			out = format.NDJSON{}.Record(out, info, nil)
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
