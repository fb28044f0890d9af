package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testServer is a Server and how to reach it.
type testServer struct {
	*Server
	url    string
	client *http.Client
}

// onLoopback serves over real sockets.
func onLoopback(t *testing.T, o Options) testServer {
	t.Helper()
	r := testServer{Server: New(o)}
	listener := httptest.NewServer(r.Server)
	r.url, r.client = listener.URL, listener.Client()
	t.Cleanup(listener.Close)
	t.Cleanup(func() { r.Shutdown(context.Background()) })
	return r
}

// onPipes serves over pipes in memory, so that a test can run in virtual time. A pipe
// has no buffer: what is not read blocks the writer. The test must call the function
// that ends it.
func onPipes(o Options) (testServer, func()) {
	pipes := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	transport := &http.Transport{DialContext: pipes.dial, DisableKeepAlives: true}
	r := testServer{Server: New(o), url: "http://pipe", client: &http.Client{Transport: transport}}
	listening := &http.Server{Handler: r.Server}
	go listening.Serve(pipes)
	return r, func() {
		r.Shutdown(context.Background())
		listening.Close()
	}
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	l.conns <- far
	return near, nil
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// dial connects as a chat client does.
func (r testServer) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(context.Background(), r.url+"/ws?accessToken=secret", &websocket.DialOptions{HTTPClient: r.client})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	t.Cleanup(func() { ws.CloseNow() })
	return ws
}

func read(t *testing.T, ws *websocket.Conn) string {
	t.Helper()
	typ, frame, err := ws.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if typ != websocket.MessageText {
		t.Fatalf("a message of type %v", typ)
	}
	return string(frame)
}

// readAll reads until the connection is closed, and returns the close status.
func readAll(t *testing.T, ws *websocket.Conn) (frames []string, status websocket.StatusCode) {
	t.Helper()
	for {
		_, frame, err := ws.Read(context.Background())
		if err != nil {
			return frames, websocket.CloseStatus(err)
		}
		frames = append(frames, string(frame))
	}
}

// actions makes a show of frames, at the times of their stamps.
func actions(frames ...string) (show []Action) {
	var clock recordedClock
	for _, frame := range frames {
		show = append(show, Action{At: clock.timeOf([]byte(frame)), Frame: []byte(frame)})
	}
	return show
}

func said(text string, stamp int) string {
	return fmt.Sprintf(`{"action":"event","payload":{"eventPayload":{"text":%q}},"timestamp":%d}`, text, stamp)
}

func beat(stamp int) string {
	return fmt.Sprintf(`{"action":"heartbeat","payload":{},"timestamp":%d}`, stamp)
}

// settles waits, in real time, until done is closed.
func settles(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: not within 20 s", what)
	}
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return string(text)
}
