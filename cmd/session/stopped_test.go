package session

import (
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// stopped is a connection in a process that is stopped in the midst of a read,
// for so long that the deadline has passed. has is what came meanwhile.
type stopped struct {
	net.Conn
	has string
	on  bool
}

func (s *stopped) Read(p []byte) (int, error) {
	if !s.on {
		s.on = true
		time.Sleep(10 * time.Minute)
		return 0, os.ErrDeadlineExceeded // the runtime does not look at the socket then
	}
	if s.has == "" {
		time.Sleep(lastLook)
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p, s.has)
	s.has = s.has[n:]
	return n, nil
}

func (*stopped) SetReadDeadline(time.Time) error { return nil }

// TestWhatCameWhileStopped is read before silence ends the link.
func TestWhatCameWhileStopped(t *testing.T) {
	for _, has := range []string{"an action", ""} {
		synctest.Test(t, func(t *testing.T) {
			s := &socket{queue: newQueue(1 << 20), silence: time.Minute, stopping: make(chan struct{})}
			s.wire = &wire{Conn: &stopped{has: has}}
			s.wire.follow(make([]byte, 100), func() error { return nil }, s.overdue)
			s.queue.pulse.reading = time.Now()
			read := make([]byte, 100)
			n, err := s.wire.Read(read)
			if got := string(read[:n]); got != has || (err == nil) != (has != "") {
				t.Errorf("with %q there: %q, %v", has, got, err)
			}
		})
	}
}
