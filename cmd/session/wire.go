package session

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// writeTimeout is how long a pong or a close frame may take to be written.
const writeTimeout = 100 * time.Millisecond

var (
	errCut      = errors.New("the connection was cut without a close frame")
	errMasked   = errors.New("a frame from the service is masked")
	errTooLarge = errors.New("a frame is larger than the limit")
)

// A wire is what the WebSocket library reads from and writes to, above TLS. It
// buffers what it reads and follows the frame headers (RFC 6455, section 5.2): the
// library accepts a masked frame, reads a message that is announced as too large,
// and does not tell whether another message has arrived.
type wire struct {
	io.ReadWriteCloser
	conn  *tcpConn // at the bottom
	limit int64    // bytes of the largest message
	now   func() time.Time
	mute  bool // a write failed: nothing is written any more

	readAt  time.Time // when what is in buf was read
	buf     []byte
	r, w    int   // what is unread in buf
	bad     error // what to return once buf is read
	failure error // the first error of a read

	head    []byte // the part of a header that was read
	payload int64  // bytes of the frame that are still to come
	message int64  // bytes of the message's frames so far
	last    bool   // the frame is the last of its message
	whole   int    // messages that were read to their end and not taken yet
	// fragments tells that a message came in several frames. It is known before
	// the library sees the first of them.
	fragments bool
}

func (w *wire) Read(p []byte) (int, error) {
	if w.r == w.w {
		if w.bad != nil {
			return 0, w.bad
		}
		n, err := w.ReadWriteCloser.Read(w.buf)
		w.readAt = w.now()
		w.failure = cmp.Or(w.failure, err)
		if errors.Is(err, io.EOF) {
			err = errCut // the library takes io.EOF for the end of a message
		}
		n, w.bad = w.scan(w.buf[:n])
		if n == 0 && (w.bad != nil || err != nil) {
			return 0, cmp.Or(w.bad, err)
		}
		w.r, w.w = 0, n
	}
	n := copy(p, w.buf[w.r:w.w])
	w.r += n
	return n, nil
}

// Write reports success even when it failed: the library ends reading when it
// cannot write a pong, and everything that has arrived would be lost. The deadline
// does not stay: TLS writes of its own accord too, when keys change.
func (w *wire) Write(p []byte) (int, error) {
	if w.mute {
		return len(p), nil
	}
	w.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := w.ReadWriteCloser.Write(p); err != nil {
		w.mute = true
	} else {
		w.conn.SetWriteDeadline(time.Time{})
	}
	return len(p), nil
}

// scan follows the frame headers in p. It returns the number of valid bytes, and
// the error in the header behind them.
func (w *wire) scan(p []byte) (int, error) {
	for n := 0; n < len(p); {
		if w.payload == 0 {
			w.head = append(w.head, p[n])
			n++
			if len(w.head) < 2 || len(w.head) < headerSize(w.head[1]) {
				continue
			}
			if err := w.begin(); err != nil {
				return n - 1, err
			}
			w.head = w.head[:0]
		}
		skip := min(w.payload, int64(len(p)-n))
		w.payload -= skip
		n += int(skip)
		if w.payload == 0 && w.last {
			w.last = false
			w.whole++
		}
	}
	return len(p), nil
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
func (w *wire) begin() error {
	first, second := w.head[0], w.head[1]
	if second&0x80 != 0 {
		return errMasked
	}
	switch w.payload = int64(second); second {
	case 126:
		w.payload = int64(binary.BigEndian.Uint16(w.head[2:]))
	case 127:
		w.payload = int64(binary.BigEndian.Uint64(w.head[2:]) &^ (1 << 63)) // the library refuses that bit
	}
	const fin, opcodes, control = 0x80, 0x0f, 0x08
	if first&control != 0 {
		return nil
	}
	w.last = first&fin != 0
	w.fragments = w.fragments || !w.last
	if first&opcodes != 0 { // not a continuation
		w.message = 0
	}
	if w.message += w.payload; w.message > w.limit || w.message < 0 {
		return errTooLarge
	}
	return nil
}

// longRead is how long a read takes that had to wait for data. A shorter wait
// may be that for the rest of what the service has to send already.
const longRead = 20 * time.Millisecond

// A tcpConn is the TCP connection at the bottom, below TLS. It knows when reads
// had to wait.
type tcpConn struct {
	net.Conn
	err error // the reader's: the first error of a read

	mu     sync.Mutex   // guards all that follows
	reads  bool         // a read is under way
	began  time.Time    // when the last read began
	waited [2]time.Time // when the last read that had to wait began and ended
}

func (c *tcpConn) Read(p []byte) (int, error) {
	began := time.Now()
	c.mu.Lock()
	c.reads, c.began = true, began
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	c.err = cmp.Or(c.err, err)
	ended := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads = false; ended.Sub(began) >= longRead {
		c.waited = [2]time.Time{began, ended}
	}
	return n, err
}

// hasWaited reports whether a read has had to wait for data after that moment, or
// does so now.
func (c *tcpConn) hasWaited(after time.Time) bool {
	long := func(from, to time.Time) bool { return min(to.Sub(from), to.Sub(after)) >= longRead }
	c.mu.Lock()
	defer c.mu.Unlock()
	return long(c.waited[0], c.waited[1]) || c.reads && long(c.began, time.Now())
}
