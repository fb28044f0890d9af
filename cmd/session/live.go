package session

import (
	"context"
	"crypto/tls"
	"errors"
	"iter"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

// LiveOptions say where the chat is and how to keep the link to it up. A zero
// duration or size stands for the default that is named.
type LiveOptions struct {
	// URL is the endpoint; see [endpoint.Check].
	URL string
	// Tokens is who we are.
	Tokens Tokens
	// Redact takes the secrets out of what the service or an error says: before
	// [Tokens] returns a token, Redact has to know it. Nil: all is shown.
	Redact func(said string) string
	// Getenv finds HTTPS_PROXY and NO_PROXY. Nil: no proxy.
	Getenv func(string) string
	// UserAgent names the program to the service.
	UserAgent string

	// Retries is how often an outage is retried after its first failure:
	// negative is forever, 0 is never.
	Retries int
	// MaxBackoff is the most that a retry waits, unless the service asks for
	// more; default 60 s.
	MaxBackoff time.Duration
	// HeartbeatTimeout is the time without any action after which the link is
	// held to be broken; default 60 s. See [Live.Broken].
	HeartbeatTimeout time.Duration
	// MaxFrame is the size in bytes of the largest frame; default 16 MiB.
	MaxFrame int
	// Buffer is how many bytes of frames may wait for the consumer; when it is
	// full, the socket is not read. Default 64 MiB.
	Buffer int

	// DialContext and TLS replace how connections are made: for tests.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	TLS         *tls.Config
}

const (
	defaultTimeout  = time.Minute
	defaultMaxFrame = 16 << 20
	defaultBuffer   = 64 << 20
)

// A Live is the chat as it happens: a [Source] that dials, and dials again
// whenever the link is lost, and says so. Its items are iterated once.
type Live struct {
	o      LiveOptions
	url    *url.URL
	client *http.Client
	queue  *queue
	drain  drain
	buf    []byte // the wire's, from one socket to the next
	wary   bool   // compression is not offered: without it fewer things can go wrong
}

// NewLive makes a Live. Nothing is contacted before its items are asked for.
func NewLive(o LiveOptions) (*Live, error) {
	u, err := endpoint.Check(o.URL, "wss", "ws")
	if err != nil {
		return nil, err
	}
	if o.Tokens == nil {
		return nil, errors.New("session: LiveOptions.Tokens is missing")
	}
	if o.Redact == nil {
		o.Redact = func(said string) string { return said }
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.MaxBackoff <= 0 {
		o.MaxBackoff = defaultTimeout
	}
	if o.HeartbeatTimeout <= 0 {
		o.HeartbeatTimeout = defaultTimeout
	}
	if o.MaxFrame <= 0 {
		o.MaxFrame = defaultMaxFrame
	}
	if o.Buffer <= 0 {
		o.Buffer = defaultBuffer
	}
	return &Live{
		o: o, url: u, client: client(o, u.Scheme == "ws"),
		queue: newQueue(o.Buffer), buf: make([]byte, wireBuffer),
	}, nil
}

// Items implements [Source]. Frames are received while the consumer is busy:
// up to [LiveOptions.Buffer] of them wait. The error at the end is a
// [GivenUpError] or an [UnauthorizedError].
func (l *Live) Items(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer l.queue.sendScout()()
		over := make(chan struct{})
		go func() {
			defer close(over)
			k := keeper{Live: l}
			l.queue.finish(k.run(ctx))
		}()
		defer func() {
			cancel()
			<-over
			l.queue.leave()
		}()
		for {
			item, ok := l.queue.take()
			if !ok {
				break
			}
			if item.Link != nil && !l.drain.pass(item.Link) {
				item = Item{More: item.More} // what came before may be waiting for it
			}
			if !yield(item, nil) {
				return
			}
			news := l.drain.news
			if news == nil {
				continue
			}
			l.drain.news = nil
			if !yield(Item{Link: news, More: l.queue.more()}, nil) {
				return
			}
		}
		if err := l.queue.why(); err != nil {
			yield(Item{}, err)
		}
	}
}

// Ahead has read called with frames before they are items, while the consumer
// does not keep up: to do some of its work on another core. It gets them in their
// order, one at a time though from more than one goroutine, but not all of them,
// and not more than about reach before the consumer does. The frame's [Item] has
// what it returns. Ahead is to be called before Items.
func (l *Live) Ahead(read func(frame []byte) (ticket uint64), reach int) {
	l.queue.scout.read, l.queue.scout.reach = read, reach
}

// Drained is to be called in the loop over Items after each action about a
// connection: every connection of the socket has been taken over by another
// socket, or not. When they do not come back within 2 s, the link is redialled.
// When they are gone again within a minute after that, another client fights
// for them: Lost is said with the reason replaced, and Restored when they are
// back.
func (l *Live) Drained(drained bool) { l.drain.verdict(drained) }

// Broken is to be called in the loop over Items when the item's frame turns out
// to be no action: from then on it is no sign of life. One that the loop has not
// come to yet is.
func (l *Live) Broken() { l.queue.broken() }

// Nudge has the loop over Items get an empty item as soon as nothing else is
// waiting: for a consumer that has something to do at a certain time, though
// nothing is received. Any goroutine may call it.
func (l *Live) Nudge() { l.queue.nudge() }

// Held yields true when the socket is not read any more because the buffer is
// full, and false when the consumer has caught up after that. It returns when
// ctx is done. It is for one goroutine beside the loop over Items, since that
// loop is what is stuck then.
func (l *Live) Held(ctx context.Context) iter.Seq[bool] { return l.queue.episodes(ctx) }

// Stats is a moment of a [Live].
type Stats struct {
	// Frames is how many wait for the consumer, give or take what it is just
	// working on.
	Frames int
	// Heard is when something was last received; zero for never.
	Heard time.Time
}

// Stats may be called at any time, from any goroutine.
func (l *Live) Stats() Stats { return l.queue.stats() }
