package session

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	o := overTLS(t, &tls.Config{}, closes(1000, "", "a", "b"))
	follow(t.Context(), newLive(t, o), nil).expect(t, "connected", "a", "b", "lost closed", "ended closed")
}

func TestTLSFailures(t *testing.T) {
	t.Parallel()
	o := overTLS(t, &tls.Config{}, quiet)
	o.TLS = nil
	l := follow(t.Context(), newLive(t, o), nil)
	l.expect(t, "lost tls", "ended tls")
	if !strings.Contains(l.err.Error(), "x509: certificate signed by unknown authority") {
		t.Errorf("the error is %v", l.err)
	}
	// The service speaks no TLS.
	plain := LiveOptions{URL: "wss" + strings.TrimPrefix(loopback(t, func(p *peer) {
		io.WriteString(p, "HTTP/1.0 400 Bad Request\r\n\r\n")
		io.Copy(io.Discard, p)
	}), "ws")}
	follow(t.Context(), newLive(t, plain), nil).expect(t, "lost tls", "ended tls")
	// The service wants another version.
	o = overTLS(t, &tls.Config{MinVersion: tls.VersionTLS13}, quiet)
	o.TLS.MaxVersion = tls.VersionTLS12
	follow(t.Context(), newLive(t, o), nil).expect(t, "lost tls", "ended tls")
}

// When a connection breaks during the handshake the reason is the network, not TLS or
// HTTP above it.
func TestResetInTheHandshake(t *testing.T) {
	t.Parallel()
	reset := func(said string) handler {
		return func(p *peer) {
			p.Read(make([]byte, 1))
			if io.WriteString(p, said); said != "" {
				time.Sleep(50 * time.Millisecond) // the client reads it before the reset
			}
			p.Conn.(*net.TCPConn).SetLinger(0)
		}
	}
	for _, url := range []string{
		loopback(t, reset("HTTP/1.1 101 Switching Protocols\r\n")),
		"wss" + strings.TrimPrefix(loopback(t, reset("")), "ws"),
	} {
		l := follow(t.Context(), newLive(t, LiveOptions{URL: url}), nil)
		l.expect(t, "lost network", "ended network")
	}
}

func TestDialErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err    error
		want   string
		detail string
	}{
		"a localhost elsewhere": {endpoint.ErrElsewhere, "lost refused", "localhost: " + endpoint.ErrElsewhere.Error()},
		"an unknown name": {&net.DNSError{Err: "no such host", Name: "localhost", IsNotFound: true},
			"lost network", "localhost: no such host"},
	} {
		o := LiveOptions{URL: "ws://localhost/ws", DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: test.err}
		}}
		l := follow(t.Context(), newLive(t, o), nil)
		if l.lines[0] != test.want || l.links[0].Detail != test.detail {
			t.Errorf("%s: %s: %q", name, l.lines[0], l.links[0].Detail)
		}
	}
}

func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	l := follow(t.Context(), newLive(t, LiveOptions{URL: "ws://" + address + "/ws", Retries: 3, MaxBackoff: time.Millisecond}), nil)
	l.expect(t, "lost network", "ended network")
	if want := "the link was given up after 4 tries: " + address + ": connection refused"; l.err.Error() != want {
		t.Errorf("the error is %v, want %q", l.err, want)
	}
}

func TestTheRequest(t *testing.T) {
	t.Parallel()
	requests := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		w.WriteHeader(500)
	}))
	defer server.Close()
	follow(t.Context(), newLive(t, LiveOptions{URL: "ws" + strings.TrimPrefix(server.URL, "http") + "/some/path?region=eu&accessToken=other",
		Tokens: fixed("a&b=c d"), UserAgent: "restail/1"}), nil)
	r := <-requests
	if r.URL.Path != "/some/path" || r.URL.Query().Get("region") != "eu" || r.UserAgent() != "restail/1" || r.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("%v with %v", r.URL, r.Header)
	}
	if tokens := r.URL.Query()["accessToken"]; len(tokens) != 1 || tokens[0] != "a&b=c d" {
		t.Errorf("the tokens are %q", tokens)
	}
}

// proxy is an HTTP proxy for CONNECT that leads everywhere to one address.
func proxy(t *testing.T, to string, asked *atomic.Int64) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "chat.example:443" {
			http.Error(w, "what?", http.StatusBadRequest)
			return
		}
		asked.Add(1)
		if r.Header.Get("Proxy-Authorization") == "" {
			http.Error(w, "who are you?", http.StatusProxyAuthRequired)
			return
		}
		upstream, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer upstream.Close()
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			io.Copy(upstream, buffered)
			upstream.Close()
		}()
		io.Copy(conn, upstream)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestProxies(t *testing.T) {
	t.Parallel()
	o := overTLS(t, &tls.Config{}, closes(1000, "", "a"))
	var asked atomic.Int64
	address := proxy(t, hostOf(o.URL), &asked)
	o.URL = "wss://chat.example/ws"
	o.TLS.ServerName = "example.com" // of the test's certificate
	o.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if to != address {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errNoService}
		}
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}
	direct := "chat.example: connection refused"
	for name, test := range map[string]struct {
		env    map[string]string
		asks   int64
		detail string
	}{
		"HTTPS_PROXY":                {map[string]string{"HTTPS_PROXY": "http://me:pass@" + address}, 1, ""},
		"https_proxy":                {map[string]string{"https_proxy": "me:pass@" + address}, 1, ""},
		"both, and the first counts": {map[string]string{"HTTPS_PROXY": "me:pass@" + address, "https_proxy": "127.0.0.1:1"}, 1, ""},
		"a proxy that refuses": {map[string]string{"HTTPS_PROXY": "http://" + address}, 1,
			"chat.example through the proxy " + address + ": the proxy answered 407 Proxy Authentication Required"},
		"a proxy that is down": {map[string]string{"HTTPS_PROXY": "http://me:pass@127.0.0.1:1"}, 0,
			"chat.example through the proxy 127.0.0.1:1: connection refused"},
		"HTTP_PROXY": {map[string]string{"HTTP_PROXY": "http://me:pass@" + address}, 0, direct},
		"NO_PROXY":   {map[string]string{"HTTPS_PROXY": "http://me:pass@" + address, "NO_PROXY": "other.example,chat.example"}, 0, direct},
		"no_proxy":   {map[string]string{"HTTPS_PROXY": "http://me:pass@" + address, "no_proxy": ".example"}, 0, direct},
		"none":       {nil, 0, direct},
	} {
		asked.Store(0)
		o.Getenv = func(name string) string { return test.env[name] }
		l := follow(t.Context(), newLive(t, o), nil)
		if connected := l.lines[0] == "connected"; asked.Load() != test.asks || connected != (test.detail == "") {
			t.Errorf("%s: the proxy was asked %d times: %q", name, asked.Load(), l.lines)
		}
		if got := l.links[0].Detail; got != test.detail {
			t.Errorf("%s: the detail is %q, want %q", name, got, test.detail)
		}
	}
}

func TestNoProxyForLoopback(t *testing.T) {
	t.Parallel()
	o := LiveOptions{URL: loopback(t, closes(1000, "", "a")), Getenv: func(string) string { return "127.0.0.1:1" }}
	follow(t.Context(), newLive(t, o), nil).expect(t, "connected", "a", "lost closed", "ended closed")
}
