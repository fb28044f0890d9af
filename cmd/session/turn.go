package session

import "time"

const (
	// handful is how many bytes at once one goroutine can well cope with.
	handful = 32 << 10
	// calmAfter is how many handfuls in a row have to find the consumer waiting
	// until it receives by itself.
	calmAfter = 8
)

// A turn says who receives from the socket, which either of two goroutines can
// do. As long as the consumer keeps up it does so itself: no other goroutine has
// to be woken between a frame's arrival and its line, which would take longer
// than all the rest. When much comes at once, or the consumer is busy for long,
// the producer receives, and the two work side by side.
//
// All but calm is guarded by the queue's lock.
type turn struct {
	calm    int           // handfuls in a row that found the consumer waiting; the producer's own
	receive func() bool   // for the consumer; nil: it is the producer's turn
	inside  bool          // the consumer is receiving
	ended   bool          // there is no more to receive
	back    chan struct{} // the consumer's turn is over
	rounds  int           // how often the consumer has received
	watched int           // how often it had when the watch was last set
	watch   *time.Timer   // over a consumer that is at work
	isSet   bool          // the watch is
}

// tally counts what is published.
func (t *turn) tally(calm bool) {
	if calm {
		t.calm++
	} else {
		t.calm = 0
	}
}

// pump calls receive, or has the consumer call it, until that says that there is
// no more; once stop is closed it does so before long. receive returns whenever
// it would have to wait for the service.
func (q *queue) pump(receive func() bool, stop <-chan struct{}) {
	for receive() {
		q.publish()
		if q.turn.calm < calmAfter {
			continue
		}
		q.turn.calm = 0
		if !q.lend(receive, stop) {
			return
		}
	}
}

// lend gives the turn to the consumer and waits until it is back. It tells
// whether there is more to receive.
func (q *queue) lend(receive func() bool, stop <-chan struct{}) bool {
	q.mu.Lock()
	q.turn.receive, q.turn.ended = receive, false
	q.setWatch() // it may be busy for long with what it has
	q.wake()
	q.mu.Unlock()
	select {
	case <-q.turn.back:
	case <-stop:
		q.mu.Lock()
		if q.turn.receive != nil && !q.turn.inside {
			q.giveTurn()
		}
		q.mu.Unlock()
		<-q.turn.back
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.turn.ended
}

// giveTurn ends the consumer's turn. mu is held.
func (q *queue) giveTurn() {
	q.turn.receive = nil
	q.turn.back <- struct{}{}
}

// takeTurn lets the consumer receive until something has come, or it is nudged,
// or there is no more. mu is held, but not meanwhile.
func (q *queue) takeTurn() {
	receive := q.turn.receive
	q.turn.inside = true
	q.mu.Unlock()
	more := receive()
	much := q.unsaid > handful
	q.publish()
	q.mu.Lock()
	q.turn.inside = false
	q.turn.rounds++
	switch {
	case !more:
		q.turn.ended = true
		q.giveTurn()
	case much:
		q.giveTurn()
	case !q.turn.isSet:
		q.setWatch()
	}
}

// setWatch looks after the consumer some time later, to take the turn from it if
// it is still at work on the same then. mu is held.
func (q *queue) setWatch() {
	t := &q.turn
	t.isSet, t.watched = true, t.rounds
	if t.watch == nil {
		t.watch = time.AfterFunc(stall, q.look)
		return
	}
	t.watch.Reset(stall)
}

func (q *queue) look() {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := &q.turn
	t.isSet = false
	switch {
	case t.receive == nil, t.inside:
	case t.rounds == t.watched:
		q.giveTurn()
	default:
		q.setWatch()
	}
}
