package session

import (
	"time"

	"github.com/restail/restail/decode"
)

const (
	// drainWait is how long after a drain the connections may take to come back before
	// the link redials.
	drainWait = 2 * time.Second
	// fightWithin is the time after a redial for a drain in which another drain means
	// that another client redials as well.
	fightWithin = time.Minute
)

// A drainDetector notices a drain: the service closes all connections that it announced
// on the socket, because a newer socket took them over. The connections are the
// service's, to the platforms. Dialling again gets them back. But if they are soon gone
// again, another client redials as well. Then the link stands down: it keeps the socket
// and does not redial.
type drainDetector struct {
	connections *decode.Decoder // the socket's connection map
	since       time.Time       // when the drain began; zero when not drained
	stoodDown   bool            // another client has the chat, and the link does not redial
	redials     bool            // the next socket is dialled because of a drain
	redialedAt  time.Time       // when the last such socket was opened; zero for never
}

// open prepares for a new socket.
func (d *drainDetector) open(at time.Time) {
	if d.redials {
		d.redialedAt = at
	}
	*d = drainDetector{connections: decode.NewForDrains(), redialedAt: d.redialedAt}
}

// apply applies an action to the connection map. It reports whether a drain began or
// ended with it.
func (d *drainDetector) apply(action *decode.Action, received time.Time) bool {
	d.connections.Apply(action, received)
	drained := d.connections.Drained()
	switch {
	case drained == !d.since.IsZero():
		return false
	case drained:
		d.since = received
		d.stoodDown = !d.redialedAt.IsZero() && elapsed(d.redialedAt, received) <= fightWithin
	default:
		d.since, d.stoodDown = time.Time{}, false
	}
	return true
}

// isDue reports whether it is time to redial because of a drain.
func (d *drainDetector) isDue(now time.Time) bool {
	return !d.since.IsZero() && !d.stoodDown && elapsed(d.since, now) >= drainWait
}
