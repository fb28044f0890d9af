package session

import (
	"context"
	"iter"
)

// take returns the next item and waits for it; false at the end of the queue. The
// item before is given back. A nudge is an empty item, once nothing else is
// waiting.
func (q *queue) take() (Item, bool) {
	if q.at == len(q.spans) && !q.advance() {
		return Item{}, q.takeNudge()
	}
	s := q.spans[q.at]
	q.at++
	if q.data == nil {
		item := *q.head.item
		item.More = q.more()
		return item, true
	}
	return Item{Frame: q.data[s.from:s.to:s.to], Ticket: s.ticket, More: q.at < len(q.spans) || q.more()}, true
}

// leave gives back what the consumer has, unless some of it was not come to.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.at == len(q.spans) {
		q.giveBack()
	}
}

// nudge has the consumer take an empty item. Any goroutine may call it.
func (q *queue) nudge() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.nudged = true
	q.wake()
	if q.turn.inside && q.pulse.changed != nil {
		q.pulse.changed()
	}
}

// isWanted tells whether the consumer, which is receiving, is nudged.
func (q *queue) isWanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.turn.inside && q.nudged
}

// takeNudge tells whether there was one since the last.
func (q *queue) takeNudge() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	nudged := q.nudged
	q.nudged = false
	return nudged
}

// advance gives back what was taken and takes what has been published since,
// and waits for it; false at the end, or for a nudge.
func (q *queue) advance() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.giveBack()
	for {
		s := q.ready()
		if s != nil {
			q.borrow(s)
			q.wakeScout()
			return true
		}
		if q.done || q.nudged {
			return false
		}
		q.held.end()
		q.free.trim()
		if q.turn.round != nil {
			q.takeTurn()
			continue
		}
		for q.idle = true; q.idle; {
			q.news.Wait()
		}
	}
}

// giveBack ends the loan of what the consumer had. mu is held.
func (q *queue) giveBack() {
	q.waiting.bytes -= q.lent.bytes
	q.waiting.frames -= q.lent.frames
	q.lent = cost{}
	q.blocked, q.atWork = false, true
	if q.isWaited && q.hasRoom() {
		q.isWaited = false
		q.moved <- struct{}{}
	}
}

// ready returns the slab in which the next item is, which is the head then,
// and nil when there is none yet. mu is held.
func (q *queue) ready() *slab {
	for q.taken == len(q.head.shown) {
		if q.head.next == nil {
			return nil
		}
		used := q.head
		q.head, q.taken = used.next, 0
		q.free.put(used)
	}
	return q.head
}

// borrow takes what was published of the slab. mu is held.
func (q *queue) borrow(s *slab) {
	end := q.meetScout(s)
	q.data, q.spans, q.at = s.shownData, s.shown[:end], q.taken
	q.taken = end
	q.lent = cost{frames: q.taken - q.at}
	for _, s := range q.spans[q.at:] {
		q.lent.bytes += s.to - s.from + perFrame
	}
}

// more tells whether anything is waiting behind what the consumer has.
func (q *queue) more() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.following() != nil
}

// following returns the slab that has what comes after what the consumer has;
// nil when nothing does yet. mu is held.
func (q *queue) following() *slab {
	if q.taken < len(q.head.shown) {
		return q.head
	}
	for s := q.head.next; s != nil; s = s.next {
		if len(s.shown) > 0 {
			return s
		}
	}
	return nil
}

// peek returns the next item if it is waiting, and takes nothing.
func (q *queue) peek() (Item, bool) {
	if q.at < len(q.spans) {
		s := q.spans[q.at]
		return Item{Frame: q.data[s.from:s.to:s.to]}, true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.following()
	switch {
	case s == nil:
		return Item{}, false
	case s.item != nil:
		return *s.item, true
	}
	next := 0
	if s == q.head {
		next = q.taken
	}
	first := s.shown[next]
	return Item{Frame: s.shownData[first.from:first.to:first.to]}, true
}

// An episode is a time that begins and ends, told to one listener. It is
// guarded by the queue's lock.
type episode struct {
	on      bool
	changed chan struct{}
}

func newEpisode() episode { return episode{changed: make(chan struct{}, 1)} }

func (e *episode) begin() { e.set(true) }
func (e *episode) end()   { e.set(false) }

func (e *episode) set(on bool) {
	if e.on == on {
		return
	}
	e.on = on
	select {
	case e.changed <- struct{}{}:
	default: // still to be noticed
	}
}

// episodes yields true when the producer is being held back because the
// buffer is full, and false when the consumer has caught up after that, until
// ctx is done.
func (q *queue) episodes(ctx context.Context) iter.Seq[bool] {
	return func(yield func(bool) bool) {
		told := false
		for {
			select {
			case <-ctx.Done():
				return
			case <-q.held.changed:
			}
			q.mu.Lock()
			now := q.held.on
			q.mu.Unlock()
			if now != told && !yield(now) {
				return
			}
			told = now
		}
	}
}
