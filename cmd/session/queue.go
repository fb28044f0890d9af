package session

import (
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/decode"
)

const (
	// runAhead is how many bytes may wait while the consumer keeps taking batches. Only
	// when the consumer is stuck, more may wait, up to the limit of the queue.
	runAhead = 256 << 10
	// stall is how long a consumer takes nothing before it counts as stuck.
	stall = 50 * time.Millisecond
	// maxFree is how many batches are kept for reuse: about as many as are usually in use
	// at once.
	maxFree = 8
	// largeFrame is the size in bytes of a frame above which the memory of its parsed
	// action is not kept for reuse.
	largeFrame = 4 << 10
)

// A queue holds the batches that wait for the consumer, in order. Its size is limited
// in bytes. It has one producer and one consumer.
type queue struct {
	free chan *batch // for reuse

	changed   *sync.Cond // signals that a field below has changed
	mu        sync.Mutex // guards all that follows
	limit     int        // bytes that may wait; 0 for no limit
	waiting   []*batch
	bytes     int       // size of the batches that wait or that the consumer uses
	lastTaken time.Time // when the consumer last took a batch
	closed    bool      // no more input
	err       error     // why it was closed
	stats     Stats
}

// Stats describes a [Live] at one moment.
type Stats struct {
	Frames int64     // how many frames were received since the start
	Heard  time.Time // when the last frame was received; zero for never
	Full   bool      // reading is paused because the buffer is full
	Up     bool      // the link is up
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit, free: make(chan *batch, maxFree)}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// get returns an empty batch, a used one if possible.
func (q *queue) get() *batch {
	select {
	case b := <-q.free:
		return b
	default:
		return &batch{data: make([]byte, 0, batchBytes)}
	}
}

// release keeps a batch for a later get, unless it is too small or too large.
func (q *queue) release(b *batch) {
	if cap(b.data) < batchBytes || cap(b.data) > 4*batchBytes {
		return
	}
	for n := range b.parsed {
		if len(b.frame(n)) > largeFrame {
			b.parsed[n] = parsed{}
		}
	}
	b.reset()
	select {
	case q.free <- b:
	default:
	}
}

// put appends a batch, and waits until it fits. It reports whether it had to wait.
func (q *queue) put(b *batch) (waited bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.fits() {
		waited, q.stats.Full = true, q.bytes >= q.limit
		stalled := time.AfterFunc(stall, q.wake)
		q.changed.Wait()
		stalled.Stop()
	}
	q.stats.Full = false
	if q.bytes >= runAhead { // the batch may wait long: take no more memory than necessary
		whole := b
		b = whole.compacted()
		q.release(whole)
	}
	q.append(b)
	return waited
}

// fits reports whether another batch fits. The caller has locked q.mu.
func (q *queue) fits() bool {
	return q.limit == 0 || q.bytes < min(runAhead, q.limit) || q.bytes < q.limit && time.Since(q.lastTaken) >= stall
}

// isFull reports whether the limit is reached.
func (q *queue) isFull() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.limit != 0 && q.bytes >= q.limit
}

// wake makes put check again. It takes the lock, so that it cannot signal between the
// check of put and its wait.
func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.changed.Broadcast()
}

// unlimit removes the limit.
func (q *queue) unlimit() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = 0
	q.changed.Broadcast()
}

// putItem appends an item that is not a frame. It never waits.
func (q *queue) putItem(item Item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if link := item.Link; link != nil && link.Status != Filled && link.Status != Unfilled {
		q.stats.Up = link.Status == Connected || link.Status == Restored
	}
	q.append(&batch{received: item.Received, other: &item})
}

// tick appends a tick, an item with only times, if no other batch is waiting.
func (q *queue) tick(now, completeUntil time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.append(&batch{received: now, other: &Item{CompleteUntil: completeUntil}})
	}
}

// append appends a batch. The caller has locked q.mu.
func (q *queue) append(b *batch) {
	if q.closed {
		return
	}
	if len(b.ends) > 0 {
		q.stats.Heard = b.received
		q.stats.Frames += int64(len(b.ends))
	}
	q.waiting = append(q.waiting, b)
	q.bytes += b.size()
	q.changed.Broadcast()
}

// close ends the input; err is nil or the reason. Only the first call counts.
func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed, q.err, q.limit = true, err, 0
		q.changed.Broadcast()
	}
}

// take waits for the next batch and returns it, nil at the end. more reports whether
// another one is waiting. The batch counts in q.bytes until it is passed to done.
func (q *queue) take() (b *batch, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return nil, false
		}
		q.waiting = nil
		q.changed.Wait()
	}
	b, q.waiting[0] = q.waiting[0], nil
	q.waiting = q.waiting[1:]
	q.lastTaken = time.Now()
	return b, len(q.waiting) > 0
}

// done takes back a batch that the consumer no longer uses.
func (q *queue) done(b *batch) {
	q.mu.Lock()
	q.bytes -= b.size()
	q.changed.Broadcast()
	q.mu.Unlock()
	q.release(b)
}

// putBack puts batches back at the front of the queue.
func (q *queue) putBack(batches []*batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range batches {
		q.bytes += b.size()
	}
	q.waiting = slices.Concat(batches, q.waiting)
}

// items yields all items until the queue is closed and empty, then the error with
// which it was closed. It returns false if yield did.
func (q *queue) items(yield func(Item, error) bool) bool {
	var parser decode.Parser
	for {
		b, more := q.take()
		if b == nil {
			break
		}
		b.parse(&parser)
		for n := range b.len() {
			item := b.item(n)
			item.More = more || n+1 < b.len()
			if !yield(item, b.err) {
				return false
			}
		}
		q.done(b)
	}
	q.mu.Lock()
	err := q.err
	q.mu.Unlock()
	return err == nil || yield(Item{}, err)
}
