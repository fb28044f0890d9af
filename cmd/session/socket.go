package session

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// late is by how much a deadline is noticed too late by a process that was
	// stopped (Ctrl-Z), at the least.
	late = time.Millisecond
	// lastLook is how long it still reads then: what has come meanwhile is there.
	lastLook = 20 * time.Millisecond
)

// closeWait is how long the service may take to answer our close frame.
const closeWait = time.Second / 2

// errStopped ends reading when the socket is to be left.
var errStopped = errors.New("the socket is being left")

// A socket is one WebSocket, from its handshake to its end. Its frames go into
// the queue. All but leave and interrupt is for one goroutine at a time.
type socket struct {
	quote    func(said string) string // of [LiveOptions]
	silence  time.Duration            // for which no action may come
	maxFrame int                      // bytes
	queue    *queue

	conn   *websocket.Conn
	wire   *wire
	opened time.Time // of the handshake
	heard  bool      // something was received

	handOver func() bool // ends the round; the next one, on whichever goroutine, goes on from there
	message  io.Reader   // what is received, or was last
	fresh    bool        // the socket was read since there was room for more
	look     time.Time   // the end of the last look

	leaving  sync.Once
	stopping chan struct{} // closed when the socket is to be left
	why      *fault        // the reason for that; nil when the run is over
}

// open takes over a connection after its handshake. buf is the wire's buffer.
// With deflated messages no read tells where a frame ends.
func (s *socket) open(conn *websocket.Conn, buf []byte, deflated bool) {
	s.conn = conn
	s.opened = time.Now()
	conn.SetReadLimit(int64(s.maxFrame))
	s.queue.short = s.maxFrame
	if deflated {
		s.queue.short = 0
	}
	s.wire.follow(buf, s.pause, s.overdue)
	s.wire.SetReadDeadline(s.opened.Add(s.silence))
}

// read receives frames until the link ends or is left, and says why: nil when
// the run is over. The socket is closed then.
func (s *socket) read() *fault {
	s.queue.watch(s.interrupt)
	next, stop := iter.Pull(s.rounds)
	defer stop()
	var err error
	s.queue.pump(func() bool {
		err, _ = next()
		return err == nil
	}, s.stopping)
	s.queue.watch(nil)
	s.queue.publish()
	if s.isLeft() {
		s.goodbye()
		if s.why != nil {
			s.why.heard = s.heard
		}
		return s.why
	}
	f := s.linkFault(err)
	f.heard = s.heard
	s.wire.Close() // nothing above it can wait for the peer then
	s.conn.CloseNow()
	return f
}

// rounds receives, and yields nil whenever it would have to wait for more; at the
// end it yields why there is no more. It may yield in the midst of a message, or
// of a ping: the library gives up on a ping after five seconds.
func (s *socket) rounds(yield func(error) bool) {
	s.handOver = func() bool { return yield(nil) }
	for {
		if err := s.receive(); err != nil {
			yield(err)
			return
		}
	}
}

// receive receives a message.
//
// To ask the library for the end of each costs a tenth of all that receiving
// does. But a read that leaves room has used up a frame of the WebSocket, which
// is the whole message unless it is fragmented; and then the library refuses to
// begin the next one. So the next one is asked for, and the end only if it must be.
func (s *socket) receive() error {
	// A context that can be cancelled would cost more than all the rest.
	_, message, err := s.conn.Reader(context.Background())
	if s.queue.open < 0 || !isUnfinished(err) {
		s.queue.close()
		if err != nil {
			return err
		}
		s.message = message
		if s.fresh { // here it is in the midst of nothing
			s.fresh = false
			s.queue.hold(s.stopping)
		}
	}
	if err := s.queue.receive(s.message); err != nil {
		return err
	}
	s.heard = true
	return nil
}

// isUnfinished tells whether the library wants the message before to be read to
// its end.
func isUnfinished(err error) bool {
	return err != nil && strings.Contains(err.Error(), "previous message not read to completion")
}

// pause is called when all that was read is used up, before more is, for the
// frames so far to be handed over.
func (s *socket) pause() error {
	s.queue.close() // what is open was followed by something else
	s.fresh = true
	if !s.handOver() || s.isLeft() {
		return errStopped
	}
	return nil
}

// overdue is called when the read deadline has passed, be it by an interrupt: it
// tells whether reading is over, and sets the next deadline if not: that of the
// silence, or of a last look. Actions do not wind up the clock one by one. In
// between a nudge is obeyed.
func (s *socket) overdue() bool {
	for set := (time.Time{}); ; {
		if s.queue.isWanted() && !s.handOver() {
			return true
		}
		due := s.queue.lastSign().Add(s.silence)
		switch now := time.Now(); {
		case s.isLeft():
			return true
		case now.Before(due):
		case s.look.Before(due) && now.Sub(due) > late: // there was none in this silence
			s.look = now.Add(lastLook)
			due = s.look
		case now.Before(s.look):
			due = s.look
		default:
			return true
		}
		if due.Equal(set) {
			return false
		}
		s.wire.SetReadDeadline(due)
		set = due // and look again: it may have undone an interrupt
	}
}

// interrupt has the deadline looked at anew: for a nudge, for a frame that was no
// action, or to leave. Any goroutine may call it.
func (s *socket) interrupt() { s.wire.SetReadDeadline(time.Unix(1, 0)) }

func (s *socket) isLeft() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// leave ends reading as soon as what was received is handed over, also when it
// waits for more; why becomes the reason.
func (s *socket) leave(why *fault) {
	s.leaving.Do(func() {
		s.why = why
		close(s.stopping)
		s.interrupt()
		s.wire.SetWriteDeadline(time.Now().Add(closeWait)) // the receiver may be stuck with a pong
	})
}

// goodbye sends a close frame and waits for the answer, but not for long.
func (s *socket) goodbye() {
	s.leaving.Do(func() {}) // wait for leave: the deadlines are set anew
	enough := time.AfterFunc(closeWait, func() { s.wire.Close() })
	defer enough.Stop()
	s.wire.beforeRead = nil
	s.wire.SetDeadline(time.Now().Add(closeWait))
	s.conn.Close(websocket.StatusNormalClosure, "")
}
