package cmd

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/cmd/session"
)

// demoCommand serves the built-in show and follows it over a real socket, as tail
// does, without an account or a network.
type demoCommand struct{ *demoFlags }

type demoFlags struct {
	Speed speed `default:"1" placeholder:"FACTOR" words:"max" group:"pace" help:"max, or a factor of the show's pace of about 20 actions a second."`
	outageFlags
	outputFlags
	endFlags
	recordFlags
	backfillFlags
	frameFlags
	messageFlags
}

// Run starts the server, connects to it, and ends with the show.
func (c *demoCommand) Run(r *run) error {
	r.setMessages(&c.messageFlags)
	p, err := r.newPipe(&c.outputFlags, &c.endFlags)
	if err != nil {
		return err
	}
	extras := &p.extras
	if extras.recorder, err = r.newRecorder(&c.recordFlags, 0); err != nil {
		return err
	}
	if extras.recorder != nil {
		extras.recorder.endsRun = endsShow
	}
	options := serve.Options{
		Speed: float64(c.Speed), Outage: time.Duration(c.Outage), CloseAtEnd: true,
	}
	filled := make(chan struct{})
	end := sync.OnceFunc(func() { close(filled) })
	if c.Backfill && c.Outage > 0 {
		options.Finish = filled
		defer time.AfterFunc(c.longest(), end).Stop()
	}
	server, err := startServer(r.Context, "127.0.0.1:0", options)
	if err != nil {
		return err
	}
	defer server.stop()
	if c.Backfill {
		api, err := r.authOptions(&apiFlags{APIURL: server.api})
		if err != nil {
			return err
		}
		extras.backfill = r.newBackfill(api, anyToken{}, demoBackoff, float64(c.Speed), nil)
		extras.backfill.afterGap = end
	}
	maxRetries := retries(demoRetries)
	live, err := r.newLive(&linkFlags{
		URL: server.url, frameFlags: c.frameFlags,
		Reconnect: c.Outage > 0, retryFlags: retryFlags{&maxRetries, duration(demoBackoff)},
	}, anyToken{}, extras)
	if err != nil {
		return err
	}
	p.source, p.live = show{live, c.Outage > 0}, live
	return r.follow(p)
}

// longest returns how long a demo may wait for its gap to be filled. A link that
// failed by itself, before the first action, has a gap that nothing fills.
func (c *demoCommand) longest() time.Duration {
	const least = 10 * time.Second
	if c.Speed == 0 {
		return least
	}
	actions := serve.Show()
	show := actions[len(actions)-1].At + time.Duration(c.Outage) + time.Minute
	return least + time.Duration(float64(show)/float64(c.Speed))
}

// With an outage, the demo redials so often that the gap is hardly longer than the
// outage. The server's Retry-After is in whole seconds, so the retries are needed in
// the last second only.
const (
	demoBackoff = 100 * time.Millisecond
	demoRetries = 25
)

// anyToken is a token for the demo's own server, which accepts any.
type anyToken struct{}

// Token implements [session.Tokens].
func (anyToken) Token(context.Context, string) (string, error) { return "demo", nil }

// show is a live source that ends when its server closes the socket with a close
// frame, at the end of the show. An outage cuts the socket without one.
type show struct {
	*session.Live
	hasOutage bool
}

// isDown reports whether the link is down before the end of the show.
func (s show) isDown() bool { return s.hasOutage && !s.Stats().Up }

// endsShow reports whether the server has closed the socket at the end of the show.
func endsShow(event *session.LinkEvent) bool {
	return (event.Status == session.Lost || event.Status == session.Ended) && event.Reason == "closed"
}

// Items implements [session.Source].
func (s show) Items(ctx context.Context) iter.Seq2[session.Item, error] {
	return func(yield func(session.Item, error) bool) {
		for item, err := range s.Live.Items(ctx) {
			if item.Link != nil && endsShow(item.Link) {
				yield(session.Item{}, nil) // flushes the lines so far
				return
			}
			if !yield(item, err) {
				return
			}
		}
	}
}
