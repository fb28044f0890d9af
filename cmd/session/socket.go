package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// closeWait is how long the service may take to answer our close frame.
const closeWait = time.Second

// errStopped ends reading when the socket is to be left.
var errStopped = errors.New("the socket is being left")

// A socket is one WebSocket, from its handshake to its end. Its frames go into
// the queue. All but leave is for one goroutine.
type socket struct {
	token    string
	silence  time.Duration // for which no frame may come
	maxFrame int           // bytes
	queue    *queue

	conn   *websocket.Conn
	wire   *wire
	opened time.Time // of the handshake
	heard  bool      // something was received
	fresh  bool      // something was received since the clock was wound up

	leaving  sync.Once
	stopping chan struct{} // closed when the socket is to be left
	why      *fault        // the reason for that; nil when the run is over
}

// open takes over a connection after its handshake. buf is the wire's buffer.
func (s *socket) open(conn *websocket.Conn, buf []byte) {
	s.conn = conn
	s.opened = time.Now()
	conn.SetReadLimit(int64(s.maxFrame))
	s.wire.follow(buf, s.pause)
	s.wire.SetReadDeadline(s.opened.Add(s.silence))
}

// read receives frames until the link ends or is left, and says why: nil when
// the run is over. The socket is closed then.
func (s *socket) read() *fault {
	var err error
	for err == nil {
		err = s.receive()
	}
	s.queue.publish()
	select {
	case <-s.stopping:
		s.goodbye()
		if s.why != nil {
			s.why.heard = s.heard
		}
		return s.why
	default:
	}
	f := s.linkFault(err)
	f.heard = s.heard
	s.wire.Close() // nothing above it can wait for the peer then
	s.conn.CloseNow()
	return f
}

func (s *socket) receive() error {
	// A context that can be cancelled would cost more than all the rest.
	_, message, err := s.conn.Reader(context.Background())
	if err == nil {
		err = s.queue.receive(message)
	}
	if err == nil {
		s.heard, s.fresh = true, true
	}
	return err
}

// pause is called when all that was read is used up, before more is. It hands
// the frames over, waits for room, and then winds up the clock of the silence,
// which frames alone do: a proxy can answer pings.
func (s *socket) pause() error {
	s.queue.publish()
	s.queue.hold(s.stopping)
	if s.fresh {
		s.fresh = false
		s.wire.SetReadDeadline(time.Now().Add(s.silence))
	}
	select {
	case <-s.stopping:
		return errStopped
	default:
		return nil
	}
}

// leave ends reading as soon as what was received is handed over, also when it
// waits for more; why becomes the reason.
func (s *socket) leave(why *fault) {
	s.leaving.Do(func() {
		s.why = why
		close(s.stopping)
		s.wire.SetReadDeadline(time.Unix(1, 0))
	})
}

// goodbye sends a close frame and waits for the answer, but not for long.
func (s *socket) goodbye() {
	enough := time.AfterFunc(closeWait, func() { s.wire.Close() })
	defer enough.Stop()
	s.wire.beforeRead = nil
	s.wire.SetReadDeadline(time.Now().Add(closeWait))
	s.conn.Close(websocket.StatusNormalClosure, "")
}
