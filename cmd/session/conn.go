package session

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// writeTimeout is how long a pong or a close frame may take to be written.
const writeTimeout = 100 * time.Millisecond

// A tcpConn is the TCP connection at the bottom, below TLS. Once the WebSocket
// is open, Write reports success even when it failed: the library ends reading
// when it cannot write a pong, and everything that has arrived would be lost.
type tcpConn struct {
	net.Conn
	start   time.Time
	open    atomic.Bool          // the WebSocket is open
	mute    atomic.Bool          // a write failed: nothing is written any more
	reading atomic.Int64         // when the read under way began, see age; 0 for none
	waited  atomic.Pointer[wait] // the last read that had to wait
	err     error                // the reader's: the first error of a read
}

// A wait is a read that had to wait for data: from when to when, see age.
type wait struct{ from, to int64 }

// longRead is how long a read takes that had to wait for data. A shorter wait
// may be that for the rest of what the service has to send already.
const longRead = 20 * time.Millisecond

// age is the time since the connection was made, in nanoseconds from 1.
func (c *tcpConn) age() int64 { return 1 + int64(time.Since(c.start)) }

func (c *tcpConn) Read(p []byte) (int, error) {
	from := c.age()
	c.reading.Store(from)
	n, err := c.Conn.Read(p)
	c.reading.Store(0)
	if to := c.age(); to-from >= int64(longRead) {
		c.waited.Store(&wait{from, to})
	}
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// hasWaited reports whether a read has had to wait for data after that moment, or
// does so now.
func (c *tcpConn) hasWaited(after int64) bool {
	if w := c.waited.Load(); w != nil && w.to-max(w.from, after) >= int64(longRead) {
		return true
	}
	from := c.reading.Load()
	return from > 0 && c.age()-max(from, after) >= int64(longRead)
}

func (c *tcpConn) Write(p []byte) (int, error) {
	if !c.open.Load() {
		return c.Conn.Write(p)
	}
	if c.mute.Load() {
		return len(p), nil
	}
	c.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := c.Conn.Write(p); err != nil {
		c.mute.Store(true)
	}
	return len(p), nil
}

var (
	errCut      = errors.New("the connection was cut without a close frame")
	errMasked   = errors.New("a frame from the service is masked")
	errTooLarge = errors.New("a frame is larger than the limit")
)

// An upgraded connection carries WebSocket frames, above TLS. It buffers what
// it reads, and looks at the frame headers for what the library does not check:
// a masked frame, and the announcement of a message that is too large.
type upgraded struct {
	io.ReadWriteCloser
	headers    headerScanner
	beforeWait func() // called before a read, which may have to wait

	now     func() time.Time
	readAt  time.Time // when what is in buf was read
	buf     []byte
	r, w    int   // what is unread in buf
	bad     error // what to return once buf is read
	failure error // the first error of a read
}

func (u *upgraded) Read(p []byte) (int, error) {
	if u.r == u.w {
		if u.bad != nil {
			return 0, u.bad
		}
		// The library gives a ping five seconds to be read, and beforeWait may
		// take longer.
		if u.beforeWait != nil && !u.headers.inControl() {
			u.beforeWait()
		}
		n, err := u.ReadWriteCloser.Read(u.buf)
		u.readAt = u.now()
		u.failure = cmp.Or(u.failure, err)
		if errors.Is(err, io.EOF) {
			err = errCut // the library takes io.EOF for the end of a message
		}
		n, u.bad = u.headers.scan(u.buf[:n])
		if n == 0 && (u.bad != nil || err != nil) {
			return 0, cmp.Or(u.bad, err)
		}
		u.r, u.w = 0, n
	}
	n := copy(p, u.buf[u.r:u.w])
	u.r += n
	return n, nil
}

// rest returns at most how many bytes of the current message's frame are still to
// come, without what the library has buffered.
func (u *upgraded) rest() int { return int(u.headers.payload) + u.w - u.r }

// A headerScanner follows the frame headers of RFC 6455, section 5.2, in a
// stream of bytes.
type headerScanner struct {
	limit   int64 // bytes of the largest message
	head    []byte
	control bool  // the current frame is a control frame
	payload int64 // bytes of the current frame's payload that are still to come
	message int64 // bytes of the current message's frames so far
	// fragments tells that a message came in several frames. It is known before
	// the library sees the first of them.
	fragments bool
}

// inControl reports whether the payload of a control frame is still to come.
func (h *headerScanner) inControl() bool { return h.control && h.payload > 0 }

// scan reads what follows. It returns the number of valid bytes, and the error in
// the header behind them.
func (h *headerScanner) scan(p []byte) (int, error) {
	for n := 0; ; {
		if skip := min(h.payload, int64(len(p)-n)); skip > 0 {
			h.payload -= skip
			n += int(skip)
		}
		if n == len(p) {
			return n, nil
		}
		h.head = append(h.head, p[n])
		n++
		if len(h.head) < 2 || len(h.head) < headerSize(h.head[1]) {
			continue
		}
		err := h.begin()
		h.head = h.head[:0]
		if err != nil {
			return n - 1, err
		}
	}
}

// headerSize is the size of a header that is not masked, by its second byte.
func headerSize(second byte) int {
	switch second & 0x7f {
	case 126:
		return 4
	case 127:
		return 10
	}
	return 2
}

// begin begins the frame whose header is complete.
func (h *headerScanner) begin() error {
	first, second := h.head[0], h.head[1]
	if second&0x80 != 0 {
		return errMasked
	}
	switch h.payload = int64(second); second {
	case 126:
		h.payload = int64(binary.BigEndian.Uint16(h.head[2:]))
	case 127:
		h.payload = int64(binary.BigEndian.Uint64(h.head[2:]) &^ (1 << 63)) // the library refuses that bit
	}
	const fin, opcodes, control = 0x80, 0x0f, 0x08
	if h.control = first&control != 0; h.control {
		return nil
	}
	h.fragments = h.fragments || first&fin == 0
	if first&opcodes != 0 { // not a continuation
		h.message = 0
	}
	if h.message += h.payload; h.message > h.limit || h.message < 0 {
		return errTooLarge
	}
	return nil
}
