package session

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
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

// dial makes one handshake. Only dial adds the token to the URL, and no fault
// contains either.
//
// Compression is not offered: chat is small, and without it every read shows
// where a message ends.
func (l *Live) dial(ctx context.Context, token string) (*socket, *fault) {
	address := *l.url
	query := address.Query()
	query.Set("accessToken", token)
	address.RawQuery = query.Encode()

	s := &socket{now: l.o.Now, queue: l.queue}
	h := &handshake{socket: s, maxFrame: l.o.MaxFrame}
	h.RoundTripper = l.transport(s)
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	ws, resp, err := websocket.Dial(h.traced(ctx), address.String(), &websocket.DialOptions{
		HTTPClient: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     h,
		},
		HTTPHeader:      http.Header{"User-Agent": {l.o.UserAgent}},
		CompressionMode: websocket.CompressionDisabled,
	})
	switch {
	case err == nil:
		s.ws, s.opened = ws, l.o.Now()
		s.conn.open.Store(true)
		ws.SetReadLimit(-1) // upgraded has it
		s.start()
		return s, nil
	case resp != nil:
		return nil, l.refusal(resp)
	case ctx.Err() != nil:
		err = ctx.Err() // whatever it became on the way
	}
	return nil, l.dialFault(err, h)
}

// transport makes the one connection of the socket.
func (l *Live) transport(s *socket) *http.Transport {
	t := endpoint.Transport(l.url.Scheme == "ws", l.o.Getenv)
	dial := t.DialContext
	if l.o.DialContext != nil {
		dial = l.o.DialContext
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s.conn = &tcpConn{Conn: conn, start: time.Now()}
		return s.conn, nil
	}
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the proxy answered %s", answer.Status)
		}
		return nil
	}
	t.TLSClientConfig, t.TLSHandshakeTimeout = l.o.TLS, handshakeTimeout
	t.MaxResponseHeaderBytes = maxHeader
	t.DisableKeepAlives, t.DisableCompression = true, true
	return t
}

// A handshake puts an [upgraded] connection below the library, and knows how far
// a handshake that failed had come.
type handshake struct {
	http.RoundTripper
	socket    *socket
	maxFrame  int
	status    int         // of the answer; 0 for none
	tlsFailed atomic.Bool // the TLS handshake failed
	answered  atomic.Bool // the beginning of an answer has come
}

func (h *handshake) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeDone:     func(_ tls.ConnectionState, err error) { h.tlsFailed.Store(err != nil) },
		GotFirstResponseByte: func() { h.answered.Store(true) },
	})
}

func (h *handshake) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := h.RoundTripper.RoundTrip(r)
	if err == nil {
		h.status = answer.StatusCode
	}
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		return answer, err
	}
	if body, ok := answer.Body.(io.ReadWriteCloser); ok {
		u := &upgraded{
			ReadWriteCloser: body, now: h.socket.now,
			headers: headerScanner{limit: int64(h.maxFrame)},
			buf:     make([]byte, batchBytes),
		}
		h.socket.upgraded, answer.Body = u, u
	}
	return answer, nil
}

// proxyHost returns the proxy between here and the service, without its
// password; "" when there is none.
func (l *Live) proxyHost() string {
	if proxy, err := endpoint.Proxy(l.o.Getenv)(asHTTP(l.url)); err == nil && proxy != nil {
		return proxy.Host
	}
	return ""
}

// asHTTP returns the address as the transport sees it.
func asHTTP(u *url.URL) *url.URL {
	other := *u
	other.Scheme = map[string]string{"wss": "https", "ws": "http"}[u.Scheme]
	return &other
}
