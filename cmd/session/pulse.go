package session

import (
	"sort"
	"time"
)

// A pulse is what a queue knows of the signs of life of a link. Pings are none:
// a proxy can answer them. A frame is one until the consumer, who may be far
// behind, has found it to be no action. It says so of those alone, so that
// actions cost nothing here.
type pulse struct {
	reading  time.Time // since when the link is read: its handshake, or the end of a wait for room
	heard    time.Time // the last frame
	received int       // items that were published
	broken   int       // which of them is the last that is known to be broken
	action   time.Time // when the frame came that is before the last broken ones in a row
	changed  func()    // called when the last sign of life is one no more; nil for none
}

// watch has changed called when the last sign of life is one no more; nil ends
// it.
func (q *queue) watch(changed func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pulse.changed = changed
}

// broken says that the frame which the consumer took last is no action.
func (q *queue) broken() {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := &q.pulse
	ahead := q.waiting.frames - q.lent.frames + len(q.spans) - q.at
	this := p.received - ahead
	if this > p.broken+1 {
		arrivals := q.head.arrivals
		p.action = arrivals[sort.Search(len(arrivals), func(i int) bool { return arrivals[i].n >= q.at-1 })].at
	}
	p.broken = this
	if ahead == 0 && p.changed != nil {
		p.changed()
	}
}

// lastSign returns when the link last showed a sign of life. The time in which
// it was not read does not count.
func (q *queue) lastSign() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := &q.pulse
	last := p.heard
	if p.broken == p.received {
		last = p.action
	}
	if last.Before(p.reading) {
		return p.reading
	}
	return last
}
