package session

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/coder/websocket"
)

const (
	// closeWait is how long the service may take to answer our close frame.
	closeWait = time.Second / 2
	// minMessage is the memory that reading a message begins with.
	minMessage = 4 << 10
)

// A socket is one WebSocket, from its handshake to its end. Its reader is a
// goroutine that collects frames in batches; the link receives these from the
// batches channel until that is closed. All else belongs to the link.
type socket struct {
	conn     *tcpConn
	upgraded *upgraded
	ws       *websocket.Conn
	opened   time.Time // when the handshake was answered
	batches  chan *batch
	err      error // why reading ended; set before batches is closed

	now     func() time.Time
	queue   *queue // whose batches are reused
	batch   *batch // the reader's: what it has collected
	message []byte // the reader's: the message that is being read
}

// start starts the reader.
func (s *socket) start() {
	s.batches = make(chan *batch, 2) // without room, reading and parsing take turns
	s.batch = s.queue.get()
	s.upgraded.beforeWait = s.handOver
	go func() {
		for s.err == nil {
			s.err = s.readMessage()
		}
		s.handOver()
		s.upgraded.beforeWait = nil
		close(s.batches)
	}()
}

// readMessage adds the next message to the batch.
func (s *socket) readMessage() error {
	// stop ends the wait by a deadline. A context would start a goroutine.
	_, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return err
	}
	message := s.message[:0]
	for err == nil {
		if len(message) == cap(message) {
			// The rest of the frame is known once its beginning is.
			more := max(minMessage, len(message)+s.upgraded.rest()+1)
			message = append(make([]byte, 0, len(message)+more), message...)
		}
		var n int
		n, err = r.Read(message[len(message):cap(message)])
		message = message[:len(message)+n]
		// A read that leaves room has used up a frame. To ask for the end of the
		// message costs a tenth of reading it.
		if len(message) < cap(message) && !s.upgraded.headers.fragments {
			break
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if s.message = message; len(message) > batchBytes {
		s.handOver()
		s.queue.release(s.batch)
		s.batch = &batch{data: message, ends: []int{len(message)}}
		s.message = nil
	} else {
		s.batch.add(message)
	}
	if s.batch.isFull() {
		s.handOver()
	}
	return nil
}

// handOver gives what was collected to the link.
func (s *socket) handOver() {
	if len(s.batch.ends) == 0 {
		return
	}
	s.batch.received = s.upgraded.readAt
	s.batches <- s.batch
	s.batch = s.queue.get()
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
