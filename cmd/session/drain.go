package session

import (
	"sync"
	"time"
)

const (
	// drainWait is how long the connections may take to come back.
	drainWait = 2 * time.Second
	// fightWithin is how soon after our redial a second drain means that
	// another client does the same.
	fightWithin = time.Minute
)

// A drain watches for the socket that stays up while the service has taken all
// its connections away, because a newer socket subscribed. Dialling again gets
// them back; but when they are soon gone again, another client is doing the
// same, and one of the two must stand down.
//
// The verdict comes from the consumer, who may be far behind the socket: it
// counts only while the consumer is at the frames of the socket that is open.
type drain struct {
	mu       sync.Mutex
	socket   *socket     // the open one; nil when there is none
	timer    *time.Timer // to redial; nil when that is not due
	redialed bool        // the next socket is our answer to a drain
	answered time.Time   // when the last such socket was opened
	standing time.Time   // since when we have stood down; zero when we have not

	// news is what the iterator is to say next; nil for nothing. It belongs to the
	// consumer's goroutine alone: verdict is called in the loop over the iterator.
	news *Link

	// seen is how many sockets the consumer knows of, made how many there were.
	seen, made int
}

func (d *drain) opened(s *socket) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.socket = s
	d.made++
	if d.redialed {
		d.redialed, d.answered = false, s.opened
	}
}

func (d *drain) closed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.socket = nil
	d.callOff()
}

// callOff calls the redial off. mu is held.
func (d *drain) callOff() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// verdict is what the consumer made of the frames up to where it is.
func (d *drain) verdict(drained bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.socket == nil || d.seen != d.made {
		return // of a socket that is gone
	}
	switch {
	case !drained:
		d.callOff()
		if !d.standing.IsZero() {
			now := time.Now()
			d.news = &Link{Status: Restored, At: now, Gap: now.Sub(d.standing), Same: true}
			d.standing = time.Time{}
		}
	case d.timer != nil, !d.standing.IsZero():
		// known
	case !d.answered.IsZero() && time.Since(d.answered) <= fightWithin:
		d.standing = time.Now()
		d.news = &Link{Status: Lost, Reason: replaced, At: d.standing, Same: true,
			Detail: "another client took over the chat; this one stands down and goes on listening"}
	default:
		s := d.socket
		d.timer = time.AfterFunc(drainWait, func() { d.redial(s) })
	}
}

// redial leaves the socket, unless it is gone or its connections are back.
func (d *drain) redial(s *socket) {
	d.mu.Lock()
	due := d.socket == s && d.timer != nil
	d.redialed = d.redialed || due
	d.mu.Unlock()
	if due {
		s.leave(&fault{reason: drained, detail: "the service took every connection away while the link stayed up"})
	}
}

// pass sees news of the link before the consumer does, and tells whether it is
// to have them: while we stand down the link is already known to be lost.
func (d *drain) pass(news *Link) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch news.Status {
	case Connected, Restored:
		d.seen++
		if !d.standing.IsZero() {
			news.Gap = news.At.Sub(d.standing)
			d.standing = time.Time{}
		}
	case Lost:
		return d.standing.IsZero()
	}
	return true
}
