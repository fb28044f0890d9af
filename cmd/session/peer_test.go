package session

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The first bytes of frames: FIN and the opcode.
const (
	textFrame     = 0x81
	textFragment  = 0x01
	middleFrame   = 0x00
	lastFragment  = 0x80
	closeFrame    = 0x88
	pingFrame     = 0x89
	pongFrame     = 0x8A
	maskedPayload = 0x80 // in the second byte
)

// appendFrame appends a frame as a server sends it. first is its first byte.
func appendFrame(out []byte, first byte, payload string) []byte {
	out = append(out, first)
	switch n := len(payload); {
	case n < 126:
		out = append(out, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 127), uint64(n))
	}
	return append(out, payload...)
}

// appendMessages appends messages, each in a frame.
func appendMessages(out []byte, messages ...string) []byte {
	for _, m := range messages {
		out = appendFrame(out, textFrame, frame(m))
	}
	return out
}

// appendClose appends a close frame.
func appendClose(out []byte, code int, reason string) []byte {
	return appendFrame(out, closeFrame, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

// A peer is the service's end of one connection, worked by hand so that it can
// do everything wrong.
type peer struct {
	net.Conn
	server  *server
	answers chan struct{} // pongs that arrived
	left    chan int      // the code of the client's close frame, when it came
	gone    chan struct{} // closed when the client's end is closed
	mute    bool          // the client's close frame is not answered
	writing sync.Mutex    // guards writes to Conn
}

// read reads the request of the handshake.
func (p *peer) read() *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(p))
	if err != nil {
		return nil // the client has left
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.server.tokens = append(p.server.tokens, r.URL.Query().Get("accessToken"))
	return r
}

// accept answers the handshake and begins to listen to the client.
func (p *peer) accept() bool {
	if !p.answer(p.read()) {
		return false
	}
	go p.listen()
	return true
}

// answer says yes to the handshake.
func (p *peer) answer(r *http.Request) bool {
	if r == nil {
		return false
	}
	digest := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err := io.WriteString(p, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(digest[:])+"\r\n\r\n")
	return err == nil
}

// refuse answers the handshake with that status. headers are whole lines.
func (p *peer) refuse(status int, body string, headers ...string) {
	if p.read() == nil {
		return
	}
	answer := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n", status, http.StatusText(status), len(body))
	for _, h := range headers {
		answer += h + "\r\n"
	}
	io.WriteString(p, answer+"\r\n"+body)
	p.Close()
}

// listen reads what the client sends: pongs and a close frame.
func (p *peer) listen() {
	defer close(p.gone)
	in := bufio.NewReader(p)
	for {
		var head [6]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		payload := make([]byte, head[1]&0x7f)
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		for i := range payload {
			payload[i] ^= head[2+i%4]
		}
		switch head[0] {
		case pongFrame:
			p.answers <- struct{}{}
		case closeFrame:
			code := 1005
			if len(payload) >= 2 {
				code = int(binary.BigEndian.Uint16(payload))
			}
			p.left <- code
			if !p.mute {
				p.write(appendFrame(nil, closeFrame, string(payload[:min(2, len(payload))])))
			}
		}
	}
}

func (p *peer) write(raw []byte) bool {
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err := p.Conn.Write(raw)
	return err == nil
}

// send sends messages, each in a write of its own, and reports whether all were
// taken.
func (p *peer) send(messages ...string) bool {
	for _, m := range messages {
		if !p.write(appendMessages(nil, m)) {
			return false
		}
	}
	return true
}

func (p *peer) ping() bool { return p.write(appendFrame(nil, pingFrame, "?")) }

// close sends a close frame and hangs up when the client has, too.
func (p *peer) close(code int, reason string) {
	p.write(appendClose(nil, code, reason))
	<-p.left
	p.Close()
}

// A handler is what a peer does with one connection. It is closed afterwards.
type handler func(p *peer)

// quiet stays up and says nothing until the client leaves.
func quiet(p *peer) {
	if p.accept() {
		<-p.gone
	}
}

// says sends messages and stays up.
func says(messages ...string) handler {
	return func(p *peer) {
		if p.accept() && p.send(messages...) {
			<-p.gone
		}
	}
}

// closes sends messages, then a close frame.
func closes(code int, reason string, messages ...string) handler {
	return func(p *peer) {
		if p.accept() && p.send(messages...) {
			p.close(code, reason)
		}
	}
}

// cut sends messages, then nothing but the end of the connection.
func cut(messages ...string) handler {
	return func(p *peer) {
		if p.accept() {
			p.send(messages...)
		}
	}
}

// sends sends bytes as they are and stays up.
func sends(raw []byte) handler {
	return func(p *peer) {
		if p.accept() && p.write(raw) {
			<-p.gone
		}
	}
}

// sendsBytewise sends each byte in a write of its own.
func sendsBytewise(raw []byte) handler {
	return func(p *peer) {
		for n, ok := 0, p.accept(); ok && n < len(raw); n++ {
			ok = p.write(raw[n : n+1])
		}
		<-p.gone
	}
}

// refuses refuses the handshake.
func refuses(status int, body string, headers ...string) handler {
	return func(p *peer) { p.refuse(status, body, headers...) }
}

// at sends messages at those times after the handshake and stays up.
func at(messages ...any) handler {
	return func(p *peer) {
		if !p.accept() {
			return
		}
		start := time.Now()
		for n := 0; n < len(messages); n += 2 {
			time.Sleep(time.Until(start.Add(messages[n].(time.Duration))))
			if !p.send(messages[n+1].(string)) {
				return
			}
		}
		<-p.gone
	}
}

// A server is the service: the nth handler is for the nth connection, nil for
// one that is refused; the last is for all further ones.
type server struct {
	running  sync.WaitGroup // the handlers; after it the rest may be read
	mu       sync.Mutex     // guards all that follows
	handlers []handler
	dials    []time.Time
	tokens   []string // that were shown
	open     int      // connections that the client has open
	most     int
}

var errNoService = errors.New("connection refused")

// next returns the handler of the next connection.
func (s *server) next() handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials = append(s.dials, time.Now())
	first := s.handlers[0]
	if len(s.handlers) > 1 {
		s.handlers = s.handlers[1:]
	}
	return first
}

// handle runs a handler on a connection.
func (s *server) handle(conn net.Conn, act handler) {
	p := &peer{
		server: s, Conn: conn,
		answers: make(chan struct{}, 10_000), left: make(chan int, 2), gone: make(chan struct{}),
	}
	defer conn.Close()
	act(p)
}

func (s *server) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += n
	s.most = max(s.most, s.open)
}

// virtual makes a Live whose connections are pipes to the handlers: for tests
// in virtual time.
func virtual(t testing.TB, o LiveOptions, handlers ...handler) (*Live, *server) {
	t.Helper()
	o, s := overPipes(t, o, handlers...)
	return newLive(t, o), s
}

// run follows a virtual service up to a line, "" for the end. It returns when
// the handlers have.
func run(t *testing.T, o LiveOptions, line string, handlers ...handler) (l *log, s *server) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var live *Live
		live, s = virtual(t, o, handlers...)
		l = follow(t.Context(), live, func(l *log, _ Item) bool { return l.last() != line })
		s.running.Wait()
	})
	return l, s
}

// overPipes returns the options for that.
func overPipes(t testing.TB, o LiveOptions, handlers ...handler) (LiveOptions, *server) {
	s := &server{handlers: handlers}
	t.Cleanup(s.running.Wait)
	o.DialContext = func(context.Context, string, string) (net.Conn, error) {
		act := s.next()
		if act == nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errNoService}
		}
		ours, theirs := net.Pipe()
		s.count(1)
		s.running.Go(func() { s.handle(theirs, act) })
		return &ourEnd{ours, sync.OnceFunc(func() { s.count(-1) })}, nil
	}
	o.URL = "ws://localhost/ws"
	return o, s
}

// ourEnd counts when it is closed.
type ourEnd struct {
	net.Conn
	closed func()
}

func (e *ourEnd) Close() error {
	defer e.closed()
	return e.Conn.Close()
}

func newLive(t testing.TB, o LiveOptions) *Live {
	t.Helper()
	if o.Tokens == nil {
		o.Tokens = fixed("t")
	}
	live, err := NewLive(o)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// loopback serves the handlers on real sockets and returns their address.
func loopback(t testing.TB, handlers ...handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, listener, handlers)
	return "ws://" + listener.Addr().String() + "/ws"
}

// overTLS does so over TLS, and returns the options to reach it.
func overTLS(t testing.TB, config *tls.Config, handlers ...handler) LiveOptions {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	config.Certificates = certified.TLS.Certificates
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, listener, handlers)
	return LiveOptions{URL: "wss://" + listener.Addr().String() + "/ws", TLS: &tls.Config{RootCAs: roots}}
}

func serveOn(t testing.TB, listener net.Listener, handlers []handler) {
	s := &server{handlers: handlers}
	t.Cleanup(func() {
		listener.Close()
		s.running.Wait()
	})
	s.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if act := s.next(); act != nil {
				s.running.Go(func() { s.handle(conn, act) })
			} else {
				conn.Close()
			}
		}
	})
}

// clock is a clock that can be moved, as when a process was stopped.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) jump(d time.Duration) { c.offset.Add(int64(d)) }

// hostOf returns the host and port of an address.
func hostOf(address string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(address, "wss://"), "ws://"), "/")
	return host
}
