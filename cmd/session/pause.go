package session

import "time"

// A pause is a time in which the socket was not read: the process was stopped, or
// the buffer was full. What the service sent meanwhile may never be read. So a gap
// begins before the pause, until a long read: one that had to wait for data, so that
// everything sent before has been read.

// noticePause notices by a late tick that the process was stopped.
func (l *link) noticePause(now time.Time) {
	if elapsed(l.lastTick, now) < maxTick*3/2 {
		return
	}
	l.pausedAt, l.lastTick = time.Now(), now
	if silence := l.o.HeartbeatTimeout - resumeSilence; elapsed(l.lastAlive, now) > silence {
		l.lastAlive = now.Add(-silence)
	}
}

// resumed handles SIGCONT. After a pause that the clock did not show, it can arrive after
// frames that were read since, and after a tick.
func (l *link) resumed() {
	l.noticePause(l.o.Now())
	if l.pausedAt.IsZero() {
		l.completeUntil = l.earlier[0]
	}
	l.pausedAt = time.Now()
}

// awaitSignal waits for a SIGCONT that may have come with the end of the socket.
func (l *link) awaitSignal() {
	if l.o.Resumed == nil {
		return
	}
	select {
	case <-l.o.Resumed:
		l.resumed()
	case <-time.After(signalTime):
	}
}

// noticeLongRead ends the effect of a pause when a long read has followed it.
func (l *link) noticeLongRead() {
	if l.pausedAt.IsZero() || !l.socket.conn.hasWaited(l.pausedAt) {
		return
	}
	l.pausedAt, l.completeUntil = time.Time{}, l.lastAction
	if !l.drainedAt.IsZero() {
		l.completeUntil = l.drainedAt
	}
}
