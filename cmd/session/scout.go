package session

import "sync"

// scoutStep is how many frames the scout reads before it looks up.
const scoutStep = 8

// A scout reads frames that are waiting and leaves tickets, with which the
// consumer finds what was read: see [Live.Ahead]. It is in whole slabs beyond the
// one that the consumer is in, so that a consumer that keeps up has none. When
// the consumer comes, the scout leaves the slab, and what it did not get to is
// the consumer's.
//
// There is one at a time: the producer while it is held back, which is all that a
// source needs that reads a file; and where receiving is much work, a goroutine
// that does nothing else.
//
// The scout is guarded by the queue's lock, but for the tickets of the slab where
// it is.
type scout struct {
	read  func(frame []byte) (ticket uint64) // nil: nobody scouts
	reach int                                // how many frames it is ahead, about
	in    *slab                              // where it is; nil for nowhere
	left  sync.Cond                          // it has left a slab

	// Of its own goroutine:
	asleep   bool
	woken    sync.Cond
	recalled bool
}

// scoutSlab makes the caller the scout, unless somebody is: for one slab, or until
// the consumer comes. It tells whether it was. mu is held, but not while it reads.
func (q *queue) scoutSlab() bool {
	s := q.unscouted()
	if s == nil || q.scout.in != nil {
		return false
	}
	q.scout.in = s
	for s != q.head && s.scouted < len(s.shown) {
		step := s.shown[s.scouted:min(s.scouted+scoutStep, len(s.shown))]
		q.mu.Unlock()
		for i := range step {
			step[i].ticket = q.scout.read(s.shownData[step[i].from:step[i].to])
		}
		q.mu.Lock()
		s.scouted += len(step)
	}
	q.scout.in = nil
	q.scout.left.Signal()
	return true
}

// unscouted returns where the scout has something to read, nil for nowhere. The
// producer may still be in the last slab. mu is held.
func (q *queue) unscouted() *slab {
	if q.scout.read == nil {
		return nil
	}
	frames := len(q.head.shown)
	for s := q.head.next; s != nil && s.next != nil && frames < q.scout.reach; s = s.next {
		if s.item == nil && s.scouted < len(s.shown) {
			return s
		}
		frames += len(s.shown)
	}
	return nil
}

// meetScout returns up to where the slab is the consumer's, which has come to
// it: that is at least one frame. mu is held.
func (q *queue) meetScout(s *slab) (end int) {
	for q.scout.in == s {
		if s.scouted > q.taken {
			return s.scouted
		}
		q.scout.left.Wait()
	}
	return len(s.shown)
}

// sendScout gives the scout a goroutine; recall ends it.
func (q *queue) sendScout() (recall func()) {
	if q.scout.read == nil {
		return func() {}
	}
	var back sync.WaitGroup
	back.Go(q.scoutAhead)
	return func() {
		q.mu.Lock()
		q.scout.recalled, q.scout.asleep = true, false
		q.scout.woken.Signal()
		q.mu.Unlock()
		back.Wait()
	}
}

// scoutAhead scouts until it is recalled.
func (q *queue) scoutAhead() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for s := &q.scout; !s.recalled; {
		if q.scoutSlab() {
			continue
		}
		for s.asleep = true; s.asleep; {
			s.woken.Wait()
		}
	}
}

// wakeScout is called when a slab is full, or the consumer has moved on. mu is
// held.
func (q *queue) wakeScout() {
	if q.scout.asleep && q.unscouted() != nil {
		q.scout.asleep = false
		q.scout.woken.Signal()
	}
}
