package serve

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// batch is how much a corked conn collects before it writes.
const batch = 64 << 10

// conn is the network connection under a WebSocket. Corked, it collects what
// the WebSocket writes, frame by frame, and hands it on in large pieces: a
// write to the kernel costs many times what a frame costs. Every such write
// must be done within the timeout.
type conn struct {
	net.Conn
	timeout time.Duration

	mu     sync.Mutex
	corked bool
	held   []byte
	err    error // of the first write that failed: after it the stream is broken
}

// Write holds p back while corked, or writes it with what is held.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = append(c.held, p...)
	if c.corked && len(c.held) < batch {
		return len(p), nil
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// cork starts holding back.
func (c *conn) cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = true
}

// uncork writes what is held and holds no more.
func (c *conn) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	return c.flush()
}

func (c *conn) flush() error {
	if c.err != nil || len(c.held) == 0 {
		return c.err
	}
	if c.err = c.SetWriteDeadline(time.Now().Add(c.timeout)); c.err == nil {
		_, c.err = c.Conn.Write(c.held)
	}
	c.held = c.held[:0]
	if cap(c.held) > 4*batch {
		c.held = nil
	}
	return c.err
}

// hijacker is a ResponseWriter that puts a conn under the WebSocket.
type hijacker struct {
	http.ResponseWriter
	timeout time.Duration
	conn    *conn // set by Hijack
}

// Hijack is what websocket.Accept calls.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	under, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &conn{Conn: under, timeout: h.timeout}
	return h.conn, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(h.conn)), nil
}
