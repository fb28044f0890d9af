package session

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd/endpoint"
)

const (
	// handshakeTimeout is the time for everything from the DNS lookup to the response
	// to the handshake.
	handshakeTimeout = 15 * time.Second
	// maxHeader limits the header of the response, in bytes.
	maxHeader = 64 << 10
)

// dial makes one handshake. Only dial adds the token to the URL, and no fault contains
// the token or that URL.
//
// It does not offer compression: messages are small, and the wire takes their size from
// the frame headers.
func (l *Live) dial(ctx context.Context, token string) (*socket, *fault) {
	address := *l.url
	query := address.Query()
	query.Set("accessToken", token)
	address.RawQuery = query.Encode()

	s := &socket{queue: l.queue, batches: make(chan *batch, 2)} // buffered, so that reading and parsing overlap
	var tlsFailed, answered atomic.Bool
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeDone:     func(_ tls.ConnectionState, err error) { tlsFailed.Store(err != nil) },
		GotFirstResponseByte: func() { answered.Store(true) },
	})
	ws, answer, err := websocket.Dial(traced, address.String(), &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: l.roundTripper(s)},
		HTTPHeader:      http.Header{"User-Agent": {l.o.UserAgent}},
		CompressionMode: websocket.CompressionDisabled,
	})
	switch {
	case err == nil:
		s.ws, s.openedAt = ws, l.o.Now()
		ws.SetReadLimit(-1) // the wire checks the limit
		go s.read()
		return s, nil
	case answer != nil:
		return nil, l.handshakeFault(answer)
	}
	return nil, l.dialFault(ctx, err, tlsFailed.Load(), answered.Load())
}

// dialFault returns the fault for a dial without a usable HTTP answer. ctx is that of the
// dial.
func (l *Live) dialFault(ctx context.Context, err error, tlsFailed, answered bool) *fault {
	f := &fault{reason: reasonNetwork}
	where := l.url.Host
	if proxy, err := endpoint.Proxy(l.o.Getenv)(l.url); err == nil && proxy != nil {
		where += " through the proxy " + proxy.Host // without its password
	}
	var timeout net.Error
	broke := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, new(syscall.Errno)) ||
		errors.As(err, &timeout) && timeout.Timeout()
	switch {
	case ctx.Err() != nil:
		f.detail = fmt.Sprintf("%s did not answer the handshake within %v", where, handshakeTimeout)
		return f
	case errors.Is(err, endpoint.ErrElsewhere):
		f.reason = reasonRefused
	case tlsFailed && !broke:
		f.reason = reasonTLS
	case answered && !broke:
		f.reason = reasonProtocol
	}
	f.detail = where + ": " + endpoint.Quote(endpoint.Cause(err).Error(), l.o.Redact)
	return f
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// roundTripper returns the transport for the one connection of a socket. The transport
// sets the socket's conn and wire.
func (l *Live) roundTripper(s *socket) roundTripFunc {
	transport := endpoint.Transport(l.url.Scheme == "http", l.o.Getenv)
	dial := transport.DialContext
	if l.o.DialContext != nil {
		dial = l.o.DialContext
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s.conn = &tcpConn{Conn: conn}
		return s.conn, nil
	}
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the proxy answered %s", answer.Status)
		}
		return nil
	}
	transport.TLSClientConfig = l.o.TLS
	transport.TLSHandshakeTimeout = handshakeTimeout // without it, net/http continues the TLS handshake after the request was cancelled
	transport.MaxResponseHeaderBytes = maxHeader
	transport.DisableKeepAlives, transport.DisableCompression = true, true
	return func(r *http.Request) (*http.Response, error) {
		answer, err := transport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		answer.Header.Del("Location") // no redirect is followed
		if body, ok := answer.Body.(io.ReadWriteCloser); ok && answer.StatusCode == http.StatusSwitchingProtocols {
			s.wire = &wire{ReadWriteCloser: body, conn: s.conn, limit: int64(l.o.MaxFrame), now: l.o.Now, buf: make([]byte, batchBytes)}
			answer.Body = s.wire
		}
		return answer, nil
	}
}
