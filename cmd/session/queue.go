package session

import (
	"io"
	"sync"
	"time"

	"golang.org/x/sys/cpu"
)

const (
	// runAhead is how many bytes are received ahead of a consumer that is at work.
	// It keeps both busy, and the scout between them, and memory small when the
	// sender is the faster one.
	runAhead = 3 << 18
	// stall is for how long a consumer takes nothing until it counts as
	// blocked. From then on frames wait up to the whole buffer; and it does not
	// receive by itself any more.
	stall = 50 * time.Millisecond
	// perFrame is what a frame costs in the buffer beyond its bytes: its span.
	perFrame = 24
)

// A queue is the way from one producer, which reads a socket or a file, to one
// consumer, which iterates. Frames lie in slabs; the producer fills the last
// one while the consumer reads what was published of it, so that nothing is
// copied or allocated per frame and there is no switch per frame either.
//
// The producer publishes whenever it is about to wait for more: nothing that
// was received is ever withheld. Then it also waits for room. What is the
// producer's may also be done by the consumer when that receives: see [turn].
// With much waiting, a third one goes ahead of the consumer: see [scout].
type queue struct {
	limit int // bytes that may wait before the producer is held back

	_ cpu.CacheLinePad
	// For whoever receives: the producer, unless it is the consumer's turn.
	tail    *slab
	open    int // where in tail the frame begins of which the end was not seen; -1 for none
	short   int // a frame of more bytes is received to its end; see receive
	unsaid  int // cost of what tail has beyond what was published
	timer   *time.Timer
	largest int // the last frame's size

	_ cpu.CacheLinePad
	// The consumer's own: what it has taken of the head slab.
	data  []byte
	spans []span
	at    int

	_        cpu.CacheLinePad
	mu       sync.Mutex
	news     sync.Cond // what the consumer waits for
	head     *slab
	free     freeList
	taken    int // how many of head's spans the consumer has taken
	lent     cost
	waiting  cost
	pulse    pulse
	done     bool
	err      error         // why it is done
	idle     bool          // the consumer waits for news
	nudged   bool          // the consumer is to have an empty item
	atWork   bool          // the consumer has taken something since the producer began to wait
	blocked  bool          // the consumer has taken nothing for a while
	full     bool          // the limit was reached; until half of it is free again
	isWaited bool          // the producer waits for the consumer
	moved    chan struct{} // there is room meanwhile
	held     episode
	turn     turn
	scout    scout
}

// cost is an amount of frames.
type cost struct{ bytes, frames int }

// span is where a frame lies in its slab.
type span struct {
	from, to int
	ticket   uint64 // see [Live.Ahead]
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit, open: -1, moved: make(chan struct{}, 1), held: newEpisode()}
	q.news.L, q.scout.woken.L, q.scout.left.L = &q.mu, &q.mu, &q.mu
	q.turn.over = make(chan struct{}, 1)
	q.tail = newSlab(slabSize)
	q.head = q.tail
	return q
}

// receive reads a frame from r, or what is missing of the one that is open. On
// an error there is no frame. A read that leaves room ends a frame of up to short
// bytes, but leaves it open: close says that there is no more of it.
func (q *queue) receive(r io.Reader) error {
	s, from, short := q.tail, q.open, 0
	if from < 0 {
		s, short = q.room(max(q.largest, minRoom)), q.short
		from = len(s.data)
	}
	q.open = -1
	for {
		if len(s.data) == cap(s.data) {
			s, from = q.move(from), 0
		}
		n, err := r.Read(s.data[len(s.data):cap(s.data)])
		s.data = s.data[:len(s.data)+n]
		switch {
		case err == io.EOF:
			q.open = from
			q.close()
			return nil
		case err != nil:
			s.data = s.data[:from]
			return err
		case len(s.data) < cap(s.data) && len(s.data)-from <= short:
			q.open = from
			return nil
		}
	}
}

// close says that the open frame is whole, if there is one.
func (q *queue) close() {
	if q.open < 0 {
		return
	}
	q.largest = len(q.tail.data) - q.open + 1 // room to see the end
	q.add(q.open, len(q.tail.data))
	q.open = -1
}

// add says that a frame lies there in the last slab.
func (q *queue) add(from, to int) {
	q.tail.spans = append(q.tail.spans, span{from: from, to: to})
	q.unsaid += to - from + perFrame
}

// room returns the last slab with room for n bytes, at the least.
func (q *queue) room(n int) *slab {
	if s := q.tail; s.item == nil && cap(s.data)-len(s.data) >= n {
		return s
	}
	return q.next(n)
}

// next publishes what there is and begins a slab of at least n bytes.
func (q *queue) next(n int) *slab {
	q.publish()
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.free.get(n)
	s.arrivals = append(s.arrivals, arrival{at: q.pulse.heard})
	q.tail.next = s
	q.tail = s
	q.wakeScout()
	return s
}

// move takes the beginning of a frame, from from on, to the beginning of a new
// slab, where it has as much room again.
func (q *queue) move(from int) *slab {
	old := q.tail
	begun := old.data[from:]
	old.data = old.data[:from]
	s := q.next(max(slabSize, 2*len(begun)))
	s.data = append(s.data, begun...)
	return s
}

// say puts an item that is no frame behind all frames so far.
func (q *queue) say(item Item) {
	q.publish()
	q.mu.Lock()
	defer q.mu.Unlock()
	s := &slab{item: &item, shown: []span{{}}}
	q.tail.next = s
	q.tail = s
	q.waiting.bytes += perFrame
	q.waiting.frames++
	q.pulse.received++
	q.pulse.reading = time.Now()
	q.wake()
	q.wakeScout()
}

// finish ends the queue; err is nil or why.
func (q *queue) finish(err error) {
	q.publish()
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.done {
		q.done, q.err = true, err
		q.wake()
	}
}

// abandon ends the queue without the producer, who may be stuck.
func (q *queue) abandon() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.done = true
	q.wake()
}

// publish gives the consumer all frames so far.
func (q *queue) publish() {
	if q.unsaid == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn.tally(q.idle && q.unsaid <= handful)
	s := q.tail
	q.waiting.bytes += q.unsaid
	n := len(s.spans) - len(s.shown)
	q.waiting.frames += n
	q.unsaid = 0
	s.shown, s.shownData = s.spans, s.data
	q.pulse.received += n
	q.pulse.heard = time.Now()
	s.arrivals = append(s.arrivals, arrival{n: len(s.spans), at: q.pulse.heard})
	q.wake()
}

// wake tells the consumer that there is news. mu is held.
func (q *queue) wake() {
	if q.idle {
		q.idle = false
		q.news.Signal()
	}
}

// hold waits until there is room for more, or stop is closed. There is room when
// the consumer receives: it has taken everything.
func (q *queue) hold(stop <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.mayRead() {
		if q.scoutSlab() {
			continue
		}
		select {
		case <-q.moved: // of an earlier wait
		default:
		}
		q.isWaited, q.atWork = true, false
		full := q.full
		q.mu.Unlock()
		late, stopped := q.await(stop, full)
		q.mu.Lock()
		q.isWaited = false
		q.pulse.reading = time.Now()
		if stopped {
			return
		}
		q.blocked = q.blocked || late && !q.atWork
	}
}

// await waits until there is room; unless the buffer is full, not for long.
func (q *queue) await(stop <-chan struct{}, full bool) (late, stopped bool) {
	var tooLong <-chan time.Time
	if !full {
		if q.timer == nil {
			q.timer = time.NewTimer(stall)
		}
		q.timer.Reset(stall)
		defer q.timer.Stop()
		tooLong = q.timer.C
	}
	select {
	case <-q.moved:
		return false, false
	case <-tooLong:
		return true, false
	case <-stop:
		return false, true
	}
}

// mayRead tells whether there is room. mu is held.
func (q *queue) mayRead() bool {
	bytes := q.waiting.bytes
	switch {
	case bytes >= q.limit:
		q.full = true
		q.held.begin()
	case bytes <= q.limit/2:
		q.full = false
	}
	return !q.full && (q.blocked || bytes < runAhead)
}

// hasRoom tells whether there is so much room that it is worth while to wake the
// producer, who would soon be waiting again otherwise. mu is held.
func (q *queue) hasRoom() bool {
	if q.full {
		return q.waiting.bytes <= q.limit/2
	}
	return q.waiting.bytes <= runAhead/2
}

// lastHeard returns when the last frame was published.
func (q *queue) lastHeard() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pulse.heard
}

func (q *queue) stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Frames: q.waiting.frames, Heard: q.pulse.heard}
}

// why returns why the queue is done: nil for its proper end.
func (q *queue) why() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}
