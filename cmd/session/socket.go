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
	// minRead is the least free space in the buffer for a read of a message, in bytes.
	minRead = 512
)

// A socket is one WebSocket, from its handshake to its end. Its reader is a goroutine
// that collects frames in batches. The link receives them from the channel batches. The
// last batch has an error and no frames.
type socket struct {
	conn     *tcpConn
	wire     *wire // belongs to the reader until its last batch
	ws       *websocket.Conn
	openedAt time.Time // when the handshake was answered
	queue    *queue    // supplies empty batches
	batches  chan *batch
}

// read is the reader. It hands a batch over when no other whole message has arrived,
// or when the batch is full.
func (s *socket) read() {
	b := s.queue.get()
	for {
		err := s.readMessage(b)
		if len(b.ends) > 0 && (err != nil || s.wire.ready == 0 || b.isFull()) {
			b.received = s.wire.readAt
			s.batches <- b
			b = s.queue.get()
		}
		if err != nil {
			s.batches <- &batch{err: err}
			return
		}
	}
}

// readMessage adds the next message to the batch.
func (s *socket) readMessage(b *batch) error {
	// To end this wait, stop sets a deadline. A context would cost a goroutine.
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
		// The library fills the buffer unless the WebSocket frame ends before. Without
		// fragments the message ends there too, so the read that would only return
		// io.EOF can be saved.
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

// stop ends the reader. The batches read so far still come, then the last one.
func (s *socket) stop() { s.conn.SetReadDeadline(time.Unix(1, 0)) }

// close sends a close frame and waits for the answer, at most closeWait. Call it when
// the reader has ended.
func (s *socket) close() {
	timer := time.AfterFunc(closeWait, func() { s.conn.Close() })
	defer timer.Stop()
	s.conn.SetReadDeadline(time.Time{}) // stop may have set one
	s.ws.Close(websocket.StatusNormalClosure, "")
}

// abandon closes the connection without a close frame.
func (s *socket) abandon() {
	s.conn.Close() // first, so that TLS and the library cannot wait for the service
	s.ws.CloseNow()
}
