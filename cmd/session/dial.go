package session

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd/endpoint"
)

const (
	// handshakeTimeout is for everything from the look-up of the name to the
	// answer to the handshake.
	handshakeTimeout = 15 * time.Second
	// maxHeader bounds the header of the answer, in bytes.
	maxHeader = 64 << 10
)

// client returns the HTTP client of all handshakes.
func client(o LiveOptions, plain bool) *http.Client {
	dial := o.DialContext
	if dial == nil {
		dialer := &net.Dialer{Timeout: handshakeTimeout}
		if plain {
			dialer.Control = endpoint.OnlyLoopback
		}
		dial = dialer.DialContext
	}
	proxy := endpoint.Proxy(o.Getenv)
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return &wire{Conn: conn}, nil
			},
			TLSClientConfig:        o.TLS,
			TLSHandshakeTimeout:    handshakeTimeout,
			MaxResponseHeaderBytes: maxHeader,
			DisableKeepAlives:      true,
			DisableCompression:     true,
		},
	}
}

// dial makes one handshake. It alone puts the token into the address, and lets
// neither back out: no detail of a fault has them.
func (l *Live) dial(ctx context.Context, token string) (*socket, *fault) {
	address := *l.url
	query := address.Query()
	query.Set("accessToken", token)
	address.RawQuery = query.Encode()

	s := &socket{
		quote: l.o.quote, silence: l.o.HeartbeatTimeout, maxFrame: l.o.MaxFrame,
		queue: l.queue, stopping: make(chan struct{}),
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { s.wire = wireUnder(info.Conn) },
	})
	options := &websocket.DialOptions{
		HTTPClient:      l.client,
		HTTPHeader:      http.Header{"User-Agent": {l.o.UserAgent}},
		CompressionMode: websocket.CompressionContextTakeover,
	}
	if l.wary {
		options.CompressionMode = websocket.CompressionDisabled
	}
	conn, resp, err := websocket.Dial(traced, address.String(), options)
	switch {
	case err == nil:
		s.open(conn, l.buf, resp.Header.Get("Sec-WebSocket-Extensions") != "")
		return s, nil
	case resp != nil:
		return nil, l.refusal(resp)
	case ctx.Err() != nil:
		err = ctx.Err() // whatever it became on the way
	}
	return nil, l.dialFault(err)
}

// wireUnder finds the wire below any TLS, of which an HTTPS proxy adds another.
func wireUnder(conn net.Conn) *wire {
	for {
		switch c := conn.(type) {
		case *wire:
			return c
		case *tls.Conn:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}
