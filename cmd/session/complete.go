package session

import "time"

// A completeness tracks the time up to which the chat is complete: a gap begins there
// when the socket ends. That is the last action, unless there was a pause: a time in
// which the socket was not read, because the process was stopped or the buffer was
// full. What the service sent meanwhile may never be read. So after a pause the time
// stays before it, until a long read: one that had to wait for data, so that everything
// sent before has been read.
type completeness struct {
	until    time.Time // the chat is complete up to then
	received time.Time // the last action; that is until, except after a pause
	lastTick time.Time
	earlier  [2]time.Time // until at the last two ticks
	pausedAt time.Time    // when a pause was noticed; zero after the next long read
}

// completeFrom returns the completeness of a new socket.
func completeFrom(opened time.Time) completeness {
	return completeness{until: opened, received: opened, lastTick: opened, earlier: [2]time.Time{opened, opened}}
}

// receive handles an action.
func (c *completeness) receive(at time.Time) {
	c.received = at
	if c.pausedAt.IsZero() {
		c.until = at
	}
}

// tick handles a tick. There is one at least every maxTick.
func (c *completeness) tick(now time.Time) {
	c.lastTick, c.earlier = now, [2]time.Time{c.earlier[1], c.until}
}

// pause handles a pause that ends now.
func (c *completeness) pause() { c.pausedAt = time.Now() }

// noticePause reports whether the last tick is so long ago that the process was
// stopped. It handles that pause.
func (c *completeness) noticePause(now time.Time) bool {
	if elapsed(c.lastTick, now) < maxTick*3/2 {
		return false
	}
	c.lastTick = now
	c.pause()
	return true
}

// resume handles SIGCONT, which ends a pause. When the clock did not show the pause,
// SIGCONT can come after actions that were received since, and after a tick.
func (c *completeness) resume() {
	if c.pausedAt.IsZero() {
		c.until = c.earlier[0]
	}
	c.pause()
}

// noticeLongRead ends the effect of a pause when a long read has followed it.
func (c *completeness) noticeLongRead(conn *tcpConn) {
	if !c.pausedAt.IsZero() && conn.hasWaited(c.pausedAt) {
		c.pausedAt, c.until = time.Time{}, c.received
	}
}

// elapsed returns the time between two moments, by the monotonic clock or the wall
// clock, whichever is longer. The monotonic clock stops while a machine sleeps, and
// the wall clock can be set.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}
