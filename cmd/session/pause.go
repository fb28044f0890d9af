package session

import "time"

// A pause is a time in which the socket was not read: the process was stopped, or
// the buffer was full. What was sent meanwhile may never be read, so a gap begins
// before it, until a read has had to wait for data.

const (
	// lateTick is by how much a tick comes late when the process was stopped.
	lateTick = 100 * time.Millisecond
	// signalTime is how long SIGCONT may take to be delivered.
	signalTime = 10 * time.Millisecond
)

// pause notes that reading was paused: what was sent since may never be read.
func (l *link) pause() { l.paused, l.pausedAt = true, l.socket.conn.age() }

// noticeWait notices that a read has had to wait since a pause: everything that
// was sent before has been read.
func (l *link) noticeWait() {
	if !l.paused || !l.socket.conn.hasWaited(l.pausedAt) {
		return
	}
	l.paused, l.completeUntil = false, l.lastAction
	if !l.drained.IsZero() {
		l.completeUntil = l.drained
	}
}

// noticePause notices that the process was stopped, by a tick that is late.
func (l *link) noticePause(now time.Time) {
	if elapsed(l.ticked, now) < maxTick+lateTick {
		return
	}
	l.pause()
	l.ticked = now
	if silence := l.o.HeartbeatTimeout - catchUp; elapsed(l.lastAlive, now) > silence {
		l.lastAlive = now.Add(-silence)
	}
}

// awaitSignal waits for SIGCONT at the end of a socket that may have come with it.
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

// resumed handles SIGCONT. It can arrive behind frames that were read since.
func (l *link) resumed() {
	l.pause()
	l.completeUntil = l.earlier[0]
}
