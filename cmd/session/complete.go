package session

import "time"

// A completeness tracks the time up to which the chat is complete: a gap begins there
// when the socket ends. Usually that is when the last action was received. A pause
// changes it: for some time the socket was not read, because the process was stopped or
// the buffer was full. What the service sent meanwhile may never be read. So the time
// stays before the pause until a long read follows: one that had to wait for data, so
// that everything sent before has been read.
type completeness struct {
	until      time.Time // the chat is complete up to then
	lastAction time.Time // when it was received, or the handshake; the same as until, except after a pause
	lastTick   time.Time
	earlier    [2]time.Time // until at the last two ticks, the older first
	pausedAt   time.Time    // when the last pause was noticed; zero after the next long read
}

// completeFrom returns the completeness of a socket opened at that time.
func completeFrom(opened time.Time) completeness {
	return completeness{until: opened, lastAction: opened, lastTick: opened, earlier: [2]time.Time{opened, opened}}
}

// receive handles an action received at that time.
func (c *completeness) receive(at time.Time) {
	c.lastAction = at
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
// stopped. Then it handles that pause.
func (c *completeness) noticePause(now time.Time) bool {
	if elapsed(c.lastTick, now) < maxTick*3/2 {
		return false
	}
	c.lastTick = now
	c.pause()
	return true
}

// resume handles SIGCONT, which ends a pause. SIGCONT may be delivered after a tick and
// after actions that were received since the pause. If noticePause has not noticed the
// pause, they have moved until, so resume takes back what came after the second last tick.
func (c *completeness) resume() {
	if c.pausedAt.IsZero() {
		c.until = c.earlier[0]
	}
	c.pause()
}

// noticeLongRead ends the effect of a pause when a long read has followed it.
func (c *completeness) noticeLongRead(conn *tcpConn) {
	if !c.pausedAt.IsZero() && conn.hadLongRead(c.pausedAt) {
		c.pausedAt, c.until = time.Time{}, c.lastAction
	}
}

// elapsed returns the time between two moments, by the monotonic clock or the wall
// clock, whichever is longer. The monotonic clock stops while a machine sleeps, and
// the wall clock can be set.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}
