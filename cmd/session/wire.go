package session

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
)

// wireBuffer is how much is read from the socket at once, in bytes.
const wireBuffer = 128 << 10

// A wire is the connection underneath everything: TLS and the WebSocket lie on
// top of it. It buffers, and it knows when a read is about to wait for the
// peer, which is the moment to hand over what there is.
type wire struct {
	net.Conn
	buf        []byte // nil during the handshake
	r, w       int    // what is unread in buf
	beforeRead func() error
	overdue    func() bool
	failed     atomic.Pointer[error] // the first error of a read
}

// follow begins to buffer, in buf, and to call beforeRead before each read of
// the socket, whose error is the read's, and overdue when the deadline has
// passed: unless that is so, it has set another one.
func (w *wire) follow(buf []byte, beforeRead func() error, overdue func() bool) {
	w.buf, w.beforeRead, w.overdue = buf, beforeRead, overdue
}

func (w *wire) Read(p []byte) (int, error) {
	if w.r == w.w {
		if w.beforeRead != nil {
			if err := w.beforeRead(); err != nil {
				return 0, err
			}
		}
		if len(p) >= len(w.buf) {
			return w.read(p)
		}
		n, err := w.read(w.buf)
		if n == 0 {
			return 0, err
		}
		w.r, w.w = 0, n
	}
	n := copy(p, w.buf[w.r:w.w])
	w.r += n
	return n, nil
}

func (w *wire) read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	for errors.Is(err, os.ErrDeadlineExceeded) && w.overdue != nil && !w.overdue() {
		n, err = w.Conn.Read(p)
	}
	if err != nil {
		w.failed.CompareAndSwap(nil, &err)
	}
	return n, err
}

// failure returns the first error of a read, which the layers above may have
// wrapped beyond recognition; nil when none failed.
func (w *wire) failure() error {
	if err := w.failed.Load(); err != nil {
		return *err
	}
	return nil
}
