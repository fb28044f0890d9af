package session

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/cmd/serve"
)

// secure is a service over TLS, and the options to reach it.
func secure(t *testing.T, handler http.Handler) (*httptest.Server, LiveOptions) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = stdlog.New(io.Discard, "", 0) // of handshakes that fail on purpose
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, LiveOptions{
		URL: "wss" + strings.TrimPrefix(server.URL, "https") + serve.Path, Tokens: fixed("t"),
		TLS: &tls.Config{RootCAs: roots},
	}
}

// show serves a few actions and closes.
func show(t *testing.T) http.Handler {
	server := serve.New(serve.Options{Actions: counted()[:100], CloseAtEnd: true})
	t.Cleanup(func() { server.Shutdown(context.Background()) })
	return server
}

func mustFollow(t *testing.T, o LiveOptions) *log {
	t.Helper()
	live, err := NewLive(o)
	if err != nil {
		t.Fatal(err)
	}
	return follow(t.Context(), live, nil)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	_, o := secure(t, show(t))
	l := mustFollow(t, o)
	if len(l.lines) != 103 || l.lines[100] != string(counted()[99].Frame) || l.lines[101] != "lost closed" {
		t.Errorf("%d lines, at last %q", len(l.lines), l.lines[len(l.lines)-3:])
	}
}

func TestTLSSilenceAndReset(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	var conns atomic.Int64
	_, o := secure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.Write(r.Context(), websocket.MessageText, []byte("a"))
		if conns.Add(1) == 1 {
			<-hold
		}
	}))
	defer close(hold)
	o.HeartbeatTimeout, o.MaxBackoff, o.Retries = 200*time.Millisecond, time.Millisecond, -1
	live, err := NewLive(o)
	if err != nil {
		t.Fatal(err)
	}
	follow(t.Context(), live, until("lost network", 1)).expect(t,
		"connected", "a", "lost heartbeat_timeout", "restored", "a", "lost network")
}

func TestNoTrust(t *testing.T) {
	t.Parallel()
	server, o := secure(t, show(t))
	o.TLS = nil
	l := mustFollow(t, o)
	l.expect(t, "lost tls", "ended tls")
	if !strings.Contains(l.err.Error(), "x509: certificate signed by unknown authority") {
		t.Errorf("it says %v", l.err)
	}
	// The server speaks no TLS at all.
	plain := httptest.NewServer(show(t))
	defer plain.Close()
	o.URL = "wss" + strings.TrimPrefix(plain.URL, "http") + serve.Path
	mustFollow(t, o).expect(t, "lost tls", "ended tls")
	// The client speaks none.
	o.URL = "ws" + strings.TrimPrefix(server.URL, "https") + serve.Path
	mustFollow(t, o).expect(t, "lost unauthorized", "ended unauthorized") // 400: a token is all it can be
	// The server wants something else.
	server, o = secure(t, show(t))
	o.TLS.MaxVersion, o.TLS.MinVersion = tls.VersionTLS12, tls.VersionTLS12
	server.TLS.MinVersion = tls.VersionTLS13
	mustFollow(t, o).expect(t, "lost tls", "ended tls")
}

func TestALocalhostThatIsElsewhere(t *testing.T) {
	t.Parallel()
	live, _ := virtual(t, LiveOptions{})
	f := live.dialFault(&net.OpError{Op: "dial", Net: "tcp", Err: endpoint.ErrElsewhere})
	if f.reason != refused || !strings.Contains(f.detail, "another machine is not allowed") {
		t.Errorf("%+v", f)
	}
}

func TestAnUnknownName(t *testing.T) {
	t.Parallel()
	l := mustFollow(t, LiveOptions{URL: "wss://chat.invalid/ws", Tokens: fixed("t"),
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "chat.invalid", IsNotFound: true}}
		}})
	l.expect(t, "lost network", "ended network")
	if want := "cannot reach chat.invalid: dial tcp: lookup chat.invalid: no such host"; l.links[0].Detail != want {
		t.Errorf("it says %q, not %q", l.links[0].Detail, want)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/ws?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	l := mustFollow(t, LiveOptions{URL: "ws" + strings.TrimPrefix(server.URL, "http"), Tokens: fixed("t0ken-to-keep")})
	l.expect(t, "lost refused", "ended refused")
	if followed.Load() || strings.Contains(l.err.Error(), "t0ken") {
		t.Errorf("followed: %v, and %v", followed.Load(), l.err)
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
		io.Copy(conn, bufio.NewReader(upstream))
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestProxies(t *testing.T) {
	t.Parallel()
	server, o := secure(t, show(t))
	var asked atomic.Int64
	address := proxy(t, server.Listener.Addr().String(), &asked)
	o.URL = "wss://chat.example/ws"
	o.TLS.ServerName = "example.com" // of the test's certificate
	direct := func(context.Context, string, string) (net.Conn, error) { return nil, errNoService }

	for name, test := range map[string]struct {
		env  map[string]string
		asks int64
		last string
	}{
		"HTTPS_PROXY":                {map[string]string{"HTTPS_PROXY": "http://me:pass@" + address}, 1, "ended closed"},
		"https_proxy":                {map[string]string{"https_proxy": "me:pass@" + address}, 1, "ended closed"},
		"both, and the first counts": {map[string]string{"HTTPS_PROXY": "me:pass@" + address, "https_proxy": "127.0.0.1:1"}, 1, "ended closed"},
		"without a password":         {map[string]string{"HTTPS_PROXY": "http://" + address}, 1, "ended network"},
		"HTTP_PROXY":                 {map[string]string{"HTTP_PROXY": "http://me:pass@" + address}, 0, "ended network"},
		"NO_PROXY":                   {map[string]string{"HTTPS_PROXY": "http://me:pass@" + address, "NO_PROXY": "other.example,chat.example"}, 0, "ended network"},
		"no_proxy":                   {map[string]string{"HTTPS_PROXY": "http://me:pass@" + address, "no_proxy": ".example"}, 0, "ended network"},
		"none":                       {nil, 0, "ended network"},
	} {
		asked.Store(0)
		o.Getenv = func(name string) string { return test.env[name] }
		o.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
			if to != address {
				return direct(ctx, network, to)
			}
			return (&net.Dialer{}).DialContext(ctx, network, to)
		}
		l := mustFollow(t, o)
		if asked.Load() != test.asks || l.lines[len(l.lines)-1] != test.last {
			t.Errorf("%s: the proxy was asked %d times, and it ended with %q: %v", name, asked.Load(), l.lines[len(l.lines)-1], l.err)
		}
		if strings.Contains(l.err.Error(), "me:pass") {
			t.Errorf("%s: %v quotes the password", name, l.err)
		}
	}
}

func TestNoProxyForLoopback(t *testing.T) {
	t.Parallel()
	o := LiveOptions{Tokens: fixed("t"), Getenv: func(string) string { return "127.0.0.1:1" }}
	server := httptest.NewServer(show(t))
	defer server.Close()
	o.URL = "ws" + strings.TrimPrefix(server.URL, "http") + serve.Path
	if l := mustFollow(t, o); l.lines[0] != "connected" {
		t.Errorf("%q: %v", l.lines, l.err)
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	for _, mode := range []websocket.CompressionMode{websocket.CompressionContextTakeover, websocket.CompressionNoContextTakeover} {
		bomb := strings.Repeat("x", 1<<20)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
				t.Errorf("the client offers %q", r.Header.Get("Sec-WebSocket-Extensions"))
			}
			c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode})
			if err != nil {
				return
			}
			defer c.CloseNow()
			for _, a := range counted()[:500] {
				c.Write(r.Context(), websocket.MessageText, a.Frame)
			}
			c.Write(r.Context(), websocket.MessageText, []byte(bomb))
			<-c.CloseRead(r.Context()).Done()
		}))
		l := mustFollow(t, LiveOptions{URL: "ws" + strings.TrimPrefix(server.URL, "http"), Tokens: fixed("t"), MaxFrame: 1 << 16})
		if len(l.lines) != 503 || l.lines[500] != string(counted()[499].Frame) || l.lines[501] != "lost frame_too_large" {
			t.Errorf("%d lines, at last %q", len(l.lines), l.lines[len(l.lines)-3:])
		}
		server.Close()
	}
}

// A service that answers the offer of compression wrongly, or compresses
// wrongly, is not offered it again.
func TestCompressionThatFailsIsNotOfferedAgain(t *testing.T) {
	for name, extension := range map[string]string{
		"handshake": "permessage-deflate; client_max_window_bits=15",
		"frame":     "permessage-deflate",
	} {
		synctest.Test(t, func(t *testing.T) {
			offers := make(chan string, 2)
			says := func(frame []byte, headers ...string) script {
				return func(p *peer) {
					r := p.read()
					offers <- r.Header.Get("Sec-WebSocket-Extensions")
					if p.answer(r, headers...) && p.write(frame) == nil {
						go p.listen()
						<-p.gone
					}
				}
			}
			live, _ := virtual(t, LiveOptions{Retries: 1},
				says(appendFrame(nil, 0xc1, []byte("\xff\xff\xff\xff")), "Sec-WebSocket-Extensions: "+extension),
				says(appendFrame(nil, 0x81, []byte("a"))))
			l := follow(t.Context(), live, until("a", 1))
			if l.err != nil || !slices.Contains(l.lines, "lost protocol") {
				t.Errorf("%s: %q and %v", name, l.lines, l.err)
			}
			if first, second := <-offers, <-offers; first == "" || second != "" {
				t.Errorf("%s: offered were %q and %q", name, first, second)
			}
		})
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
	mustFollow(t, LiveOptions{URL: "ws" + strings.TrimPrefix(server.URL, "http") + "/some/path?region=eu&accessToken=other",
		Tokens: fixed("a&b=c d"), UserAgent: "restail/1"})
	r := <-requests
	if r.URL.Path != "/some/path" || r.URL.Query().Get("region") != "eu" || r.UserAgent() != "restail/1" {
		t.Errorf("%v from %s", r.URL, r.UserAgent())
	}
	if tokens := r.URL.Query()["accessToken"]; len(tokens) != 1 || tokens[0] != "a&b=c d" {
		t.Errorf("the tokens are %q", tokens)
	}
}
