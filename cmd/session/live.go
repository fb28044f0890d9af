package session

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"iter"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

// LiveOptions say where the chat is and how to keep the link to it up. A zero
// duration or size stands for the default.
type LiveOptions struct {
	// URL is the endpoint; see [endpoint.Check].
	URL string
	// Tokens supplies the access tokens.
	Tokens Tokens
	// Redact removes secrets from what the service or an error says. It must
	// know a token before [Tokens] returns it. Nil removes nothing.
	Redact func(said string) string
	// Getenv finds HTTPS_PROXY and NO_PROXY. Nil: no proxy.
	Getenv func(string) string
	// UserAgent names the program to the service.
	UserAgent string

	// Retries is how often an outage is retried after its first failure:
	// negative is forever, 0 is never.
	Retries int
	// MaxBackoff is the longest wait before a retry, unless the service asks for a
	// longer one; default 60 s.
	MaxBackoff time.Duration
	// HeartbeatTimeout is the time without any action after which the link
	// counts as broken; default 60 s.
	HeartbeatTimeout time.Duration
	// MaxFrame is the size in bytes of the largest frame; default 16 MiB.
	MaxFrame int
	// Buffer is how many bytes of frames and inserted lines may wait for a slow consumer.
	// When it is full, reading from the socket pauses. Default 64 MiB.
	Buffer int

	// Recorder records everything that is received; nil for none.
	Recorder Recorder
	// CompleteUntil is the time up to which the chat of an earlier run is complete: the
	// first Connected has the gap since then. Zero for no earlier run.
	CompleteUntil time.Time
	// Inserts delivers items to put into the stream while the link is up and the buffer is
	// not full: link events, and lines of the chat history. Nil for none.
	Inserts <-chan Item
	// Resumed receives a value after SIGCONT. Nil for never.
	Resumed <-chan struct{}
	// Now is the clock; default time.Now.
	Now func() time.Time
	// DialContext and TLS replace the usual dialer and TLS configuration, for tests.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	TLS         *tls.Config
}

// A Recorder records what a [Live] receives, in order and without waiting for the
// consumer: all frames, heartbeats included, and the link events. Its methods must
// not wait, and must not keep their arguments.
type Recorder interface {
	// Frames records frames. data has them one after the other, ends has the end of
	// each, and changes has the indexes of those that change the connection map.
	Frames(received time.Time, data []byte, ends, changes []int)
	Link(event *LinkEvent)
	// Own records one of restail's own lines, such as a message of the chat history. line
	// includes its line break.
	Own(received time.Time, line []byte)
}

const defaultMaxFrame = 16 << 20

// A Live is a [Source] of the live chat. It dials, dials again whenever the link is
// lost, and reports that as link events. Range over its items only once.
type Live struct {
	o     LiveOptions
	url   *url.URL
	queue *queue
}

// NewLive makes a Live. It connects when the range over its items begins.
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
	if o.Now == nil {
		o.Now = time.Now
	}
	o.MaxBackoff = cmp.Or(o.MaxBackoff, time.Minute)
	o.HeartbeatTimeout = cmp.Or(o.HeartbeatTimeout, time.Minute)
	o.MaxFrame = cmp.Or(o.MaxFrame, defaultMaxFrame)
	o.Buffer = cmp.Or(o.Buffer, 64<<20)
	u.Scheme = map[string]string{"wss": "https", "ws": "http"}[u.Scheme] // the handshake is HTTP
	return &Live{o: o, url: u, queue: newQueue(o.Buffer)}, nil
}

// Items implements [Source]. Frames are received while the consumer is busy: up to
// [LiveOptions.Buffer] bytes of them wait. The error at the end is a [GivenUpError] or an
// [UnauthorizedError].
//
// When the consumer has taken everything or leaves the loop, Items closes the socket.
// That can take half a second: flush output before leaving the loop.
func (l *Live) Items(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		context.AfterFunc(ctx, l.queue.unlimit) // so that the link can put its last batches and end
		link := link{Live: l}
		var running sync.WaitGroup
		running.Go(func() {
			l.queue.close(link.run(ctx))
		})
		l.queue.items(yield)
		cancel()
		running.Wait()
		if link.socket != nil {
			link.socket.close()
		}
	}
}

// Stats returns the state at this moment. Call it at any time, from any goroutine.
func (l *Live) Stats() Stats {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return l.queue.stats
}
