package session

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/coder/websocket"
)

const (
	// closeWait is how long the service may take to answer our close frame.
	closeWait = time.Second / 2
	// minRead is the room in bytes that a read of a message has at the least.
	minRead = 512
)

// A socket is one WebSocket, from its handshake to its end. Its reader is a
// goroutine that collects frames in batches; the link receives these from the
// batches channel until that is closed. All else belongs to the link.
type socket struct {
	conn    *tcpConn
	wire    *wire // the reader's
	ws      *websocket.Conn
	opened  time.Time // when the handshake was answered
	queue   *queue    // whose batches are reused
	batches chan *batch
	err     error // why reading ended; set before batches is closed
}

// read is the reader. It hands over what it has collected when no whole message
// is left of what the socket had.
func (s *socket) read() {
	defer close(s.batches)
	b := s.queue.get()
	for s.err == nil {
		s.err = s.readMessage(b)
		if len(b.ends) > 0 && (s.err != nil || s.wire.ready == 0 || b.isFull()) {
			b.received = s.wire.readAt
			s.batches <- b
			b = s.queue.get()
		}
	}
}

// readMessage adds the next message to the batch.
func (s *socket) readMessage(b *batch) error {
	// stop ends the wait by a deadline. A context would start a goroutine.
	_, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return err
	}
	data := b.data
	for err == nil {
		var n int
		data = slices.Grow(data, minRead)
		n, err = r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		// A read that leaves room has used up a frame. Only fragments are worth
		// asking for the end of the message.
		if err == nil && len(data) < cap(data) && !s.wire.fragmented {
			err = io.EOF
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	s.wire.ready--
	b.data, b.ends = data, append(b.ends, len(data))
	return nil
}

// stop ends reading. What was read so far still comes out of batches.
func (s *socket) stop() { s.conn.SetReadDeadline(time.Unix(1, 0)) }

// close sends a close frame and waits for the answer, but not for long. The
// reader has ended.
func (s *socket) close() {
	timer := time.AfterFunc(closeWait, func() { s.conn.Close() })
	defer timer.Stop()
	s.conn.SetReadDeadline(time.Time{}) // which stop may have set
	s.ws.Close(websocket.StatusNormalClosure, "")
}

// abandon closes the connection without a close frame.
func (s *socket) abandon() {
	s.conn.Close() // nothing above it can wait for the service then
	s.ws.CloseNow()
}
