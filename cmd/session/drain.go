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

// A drain notices when the service takes all connections of a socket away, because a
// newer socket subscribed. Dialling again gets them back. But when they are soon gone
// again, another client redials as well. Then this one stands down: it keeps the socket
// and does not redial.
type drain struct {
	connections *decode.Decoder // the socket's connection map
	since       time.Time       // when the last connection was taken away; zero when not drained
	stoodDown   bool            // another client has the chat, and the link does not redial
	redials     bool            // the next socket is dialled because of a drain
	redialedAt  time.Time       // when the last such socket was opened
}

// open prepares for a new socket.
func (d *drain) open(at time.Time) {
	if d.redials {
		d.redialedAt = at
	}
	*d = drain{connections: decode.NewForDrains(), redialedAt: d.redialedAt}
}

// apply applies an action. It reports whether a drain began or ended with it.
func (d *drain) apply(action *decode.Action, received time.Time) bool {
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

// isDue reports whether it is time to redial.
func (d *drain) isDue(now time.Time) bool {
	return !d.since.IsZero() && !d.stoodDown && elapsed(d.since, now) >= drainWait
}
