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

// A wire is the connection that the WebSocket library reads from and writes to, above
// TLS. It buffers what it reads and follows the frame headers (RFC 6455, section 5.2).
// It does what the library does not: it refuses a masked frame, it refuses a message
// that is too large before it is read, and it knows whether another whole message has
// arrived. In this file a frame is one of RFC 6455. The rest of the package calls a whole
// message a frame.
type wire struct {
	io.ReadWriteCloser
	conn  *tcpConn // below TLS
	limit int64    // bytes of the largest message
	now   func() time.Time
	mute  bool // a write failed, so nothing more is written

	readAt  time.Time // when what is in buf was read
	buf     []byte
	r, w    int   // buf[r:w] was not passed to the library yet
	scanErr error // the error to return after buf[r:w]
	readErr error // the first error of the ReadWriteCloser

	header      []byte // the part of a header that was read
	payloadLeft int64  // bytes of the frame's payload that are still to come
	messageSize int64  // bytes of the message's frames so far
	last        bool   // the frame is the last of its message
	ready       int    // whole messages that have arrived and that readMessage has not taken
	// fragmented reports whether any message so far came in several frames. It is set
	// before the library sees the first of them.
	fragmented bool
}

func (w *wire) Read(p []byte) (int, error) {
	if w.r == w.w {
		if w.scanErr != nil {
			return 0, w.scanErr
		}
		n, err := w.ReadWriteCloser.Read(w.buf)
		w.readAt = w.now()
		w.readErr = cmp.Or(w.readErr, err)
		if errors.Is(err, io.EOF) {
			err = errCut // the library takes io.EOF for the end of a message
		}
		n, w.scanErr = w.scan(w.buf[:n])
		if n == 0 && (w.scanErr != nil || err != nil) {
			return 0, cmp.Or(w.scanErr, err)
		}
		w.r, w.w = 0, n
	}
	n := copy(p, w.buf[w.r:w.w])
	w.r += n
	return n, nil
}

// Write reports success even when it failed. Otherwise the library would stop reading
// when it cannot write a pong, and everything that has arrived would be lost. Write
// removes its deadline, since TLS also writes by itself, when keys change.
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
// the error in the header after them.
func (w *wire) scan(p []byte) (int, error) {
	for n := 0; n < len(p); {
		if w.payloadLeft == 0 {
			w.header = append(w.header, p[n])
			n++
			if len(w.header) < 2 || len(w.header) < headerSize(w.header[1]) {
				continue
			}
			if err := w.beginFrame(); err != nil {
				return n - 1, err
			}
			w.header = w.header[:0]
		}
		skip := min(w.payloadLeft, int64(len(p)-n))
		w.payloadLeft -= skip
		n += int(skip)
		if w.payloadLeft == 0 && w.last {
			w.last = false
			w.ready++
		}
	}
	return len(p), nil
}

// headerSize returns the size of the header of a frame that is not masked. second is
// the second byte of the header.
func headerSize(second byte) int {
	switch second & 0x7f {
	case 126:
		return 4
	case 127:
		return 10
	}
	return 2
}

// beginFrame begins the frame whose header is complete.
func (w *wire) beginFrame() error {
	first, second := w.header[0], w.header[1]
	if second&0x80 != 0 {
		return errMasked
	}
	switch w.payloadLeft = int64(second); second {
	case 126:
		w.payloadLeft = int64(binary.BigEndian.Uint16(w.header[2:]))
	case 127:
		w.payloadLeft = int64(binary.BigEndian.Uint64(w.header[2:]) &^ (1 << 63)) // the library refuses that bit
	}
	const fin, opcodes, control = 0x80, 0x0f, 0x08
	if first&control != 0 {
		return nil
	}
	w.last = first&fin != 0
	w.fragmented = w.fragmented || !w.last
	if first&opcodes != 0 { // not a continuation
		w.messageSize = 0
	}
	if w.messageSize += w.payloadLeft; w.messageSize > w.limit || w.messageSize < 0 {
		return errTooLarge
	}
	return nil
}

// longRead is how long a read must wait for data to prove that everything sent before
// has been read. During a shorter wait, more data may be on its way already.
const longRead = 20 * time.Millisecond

// A tcpConn is the TCP connection below TLS. It knows when there was a long read: one
// that had to wait for at least longRead.
type tcpConn struct {
	net.Conn
	err error // the first error of a read; belongs to the goroutine that reads

	mu       sync.Mutex   // guards all that follows
	reading  bool         // a read is under way
	began    time.Time    // when the last read began
	lastLong [2]time.Time // when the last long read began and ended
}

func (c *tcpConn) Read(p []byte) (int, error) {
	began := time.Now()
	c.mu.Lock()
	c.reading, c.began = true, began
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	c.err = cmp.Or(c.err, err)
	ended := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reading = false; ended.Sub(began) >= longRead {
		c.lastLong = [2]time.Time{began, ended}
	}
	return n, err
}

// hadLongRead reports whether a read waited for at least longRead after that time. It may
// still be under way, and may have begun before.
func (c *tcpConn) hadLongRead(after time.Time) bool {
	isLong := func(from, to time.Time) bool { return min(to.Sub(from), to.Sub(after)) >= longRead }
	c.mu.Lock()
	defer c.mu.Unlock()
	return isLong(c.lastLong[0], c.lastLong[1]) || c.reading && isLong(c.began, time.Now())
}
