package serve

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// batch is how many bytes a conn buffers while it is corked.
const batch = 64 << 10

// conn is the network connection under a WebSocket. While it is corked, it buffers
// frames and writes them in batches, since a system call costs many times what a
// frame costs. Each write fails after writeTimeout.
type conn struct {
	net.Conn

	mu           sync.Mutex
	corked       bool
	lastDeadline time.Time // no write may end later; zero for no limit
	buf          []byte
	err          error // of the first write that failed: nothing is written after it
}

// Write buffers p while corked, and writes the buffer otherwise.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buf = append(c.buf, p...)
	if c.corked && len(c.buf) < batch {
		return len(p), nil
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// cork starts buffering.
func (c *conn) cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = true
}

// uncork writes the buffer and stops buffering.
func (c *conn) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	return c.flush()
}

// setLastDeadline sets the time after which all writes fail.
func (c *conn) setLastDeadline(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastDeadline = at
}

// flush writes the buffer. The caller has locked c.mu.
func (c *conn) flush() error {
	if c.err != nil || len(c.buf) == 0 {
		return c.err
	}
	deadline := time.Now().Add(writeTimeout)
	if !c.lastDeadline.IsZero() && c.lastDeadline.Before(deadline) {
		deadline = c.lastDeadline
	}
	if c.err = c.SetWriteDeadline(deadline); c.err == nil {
		_, c.err = c.Conn.Write(c.buf)
	}
	c.buf = c.buf[:0]
	if cap(c.buf) > 4*batch {
		c.buf = nil
	}
	return c.err
}

// hijacker is a ResponseWriter that puts a conn under the WebSocket.
type hijacker struct {
	http.ResponseWriter
	conn *conn // set by Hijack
}

// Hijack implements [http.Hijacker] for websocket.Accept.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	under, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &conn{Conn: under}
	return h.conn, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(h.conn)), nil
}
