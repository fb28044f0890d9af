package cmd

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// connectionsCommand prints the connection set once it has settled.
type connectionsCommand struct{ *connectionsFlags }

type connectionsFlags struct {
	Format string   `short:"o" enum:"text,ndjson,raw" default:"text" placeholder:"FORMAT" group:"output" help:"text: a table; ndjson: the records; raw: the actions."`
	Settle duration `default:"3s" placeholder:"DURATION" group:"end" help:"Wait until no connection has changed for this long."`
	linkFlags
	tokenFlags
	messageFlags
}

// maxSettles limits the wait for a set that never settles, in multiples of --settle.
const maxSettles = 20

// errNotSettled means that the link is lost again and again before --settle has
// passed.
var errNotSettled = errors.New("the link never stayed up for --settle")

// Run connects, waits until the set has settled, and prints it.
func (c *connectionsCommand) Run(r *run) error {
	r.setMessages(&c.messageFlags)
	live, err := r.openLive(&c.linkFlags, &c.tokenFlags, new(liveExtras), false)
	if err != nil {
		return err
	}
	decoder := decode.New()
	if err := c.settle(r, live, decoder); err != nil {
		return sourceError(err)
	}
	return c.print(r, decoder)
}

// settle applies what live delivers to the decoder, until the link is up and no
// connection has changed for --settle.
func (c *connectionsCommand) settle(r *run, live *session.Live, decoder *decode.Decoder) error {
	ctx, cancel := context.WithCancelCause(r.Context)
	var watcher sync.WaitGroup
	watcher.Go(func() { watchReader(ctx, r.Stdout, func() { cancel(silentExit{statusDone}) }) })
	defer watcher.Wait()
	defer cancel(nil)

	var broken brokenFrames
	defer func() { broken.flush(r.status) }()
	settle := time.Duration(c.Settle)
	var up, changed time.Time // when the link first came up, and when the set last changed; zero while it is down
	for item, err := range live.Items(ctx) {
		switch {
		case err != nil:
			return err
		case item.Link != nil:
			reportLink(r.status, linkRecord(item.Link), item.Link)
			switch item.Link.Status {
			case session.Connected, session.Restored:
				changed = item.Received
				if up.IsZero() {
					up = changed
				} else if !item.Link.SameSocket {
					decoder.Relink()
				}
			default:
				changed = time.Time{}
			}
		case item.Broken != nil:
			broken.report(r.status, item.Broken, item.Frame, item.Received)
		case item.Action != nil:
			if decoder.Apply(item.Action, item.Received); decoder.Updated() {
				changed = item.Received
			}
		}
		switch {
		case up.IsZero():
		case !changed.IsZero() && item.Received.Sub(changed) >= settle:
			return nil
		case item.Received.Sub(up) >= maxSettles*settle:
			if changed.IsZero() {
				return &exitError{status: statusGivenUp, err: errNotSettled}
			}
			return nil
		}
	}
	return context.Cause(ctx)
}

// print writes the set. It returns nil only when every connection is up.
func (c *connectionsCommand) print(r *run, decoder *decode.Decoder) error {
	linked := decoder.Linked()
	var out []byte
	connected := len(linked) > 0
	var parser decode.Parser
	var action decode.Action
	records := decode.New() // a second one, because Apply changes the map
	for _, l := range linked {
		connected = connected && l.Status == "connected"
		frame := decoder.Frame(l.Identifier)
		if frame == nil { // the map did not keep it: it is too large
			continue
		}
		switch c.Format {
		case "raw":
			out = format.Raw{}.Record(out, nil, frame)
		case "ndjson":
			if err := parser.Parse(&action, frame); err != nil {
				return err
			}
			records.Apply(&action, time.Now())
			out = format.NDJSON{}.Record(out, records.Record(), frame)
		}
	}
	if c.Format == "text" {
		out = format.AppendTable(out, linked)
	}
	if _, err := (wholeLines{r.Stdout}).Write(out); err != nil {
		return writeError(err)
	}
	if !connected {
		return silentExit{statusFailed}
	}
	return nil
}
