package cmd

import (
	"sync/atomic"
	"time"
)

// settleTime is how long nothing about a connection has to change until what
// is missing is missed: the service sends the whole set at once on a new socket,
// and a flap is over within seconds.
const settleTime = 3 * time.Second

// settling is the wait until nothing about a connection has changed for
// settleTime. All but rang belongs to the loop.
type settling struct {
	// nudge gets the loop an item when it is time, be it in silence.
	nudge func()
	until time.Time
	timer *time.Timer
	// rang tells that the timer did, which may have been set anew since.
	rang atomic.Bool
}

// begin begins the wait, or begins it anew.
func (s *settling) begin() {
	s.until = time.Now().Add(settleTime)
	if s.timer == nil {
		s.timer = time.AfterFunc(settleTime, func() {
			s.rang.Store(true)
			s.nudge()
		})
	}
	s.timer.Reset(settleTime)
}

// isOver tells, once, that the wait is over. Each frame asks: it is to be inlined.
func (s *settling) isOver() bool { return s.rang.Load() && s.answer() }

// answer answers the timer: nothing is over when the wait began anew since.
func (s *settling) answer() bool {
	s.rang.Store(false)
	return !time.Now().Before(s.until)
}

func (s *settling) stop() {
	if s.timer != nil {
		s.timer.Stop()
	}
}
