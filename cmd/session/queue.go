package session

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/decode"
)

const (
	// runAhead is the limit for a consumer that keeps taking. A consumer that is
	// stuck gets the whole limit.
	runAhead = 256 << 10
	// stall is how long a consumer takes nothing until it counts as stuck.
	stall = 50 * time.Millisecond
	// maxFree is how many batches are kept for reuse: as many as are under way
	// between the socket and the consumer.
	maxFree = 8
	// largeFrame is the size in bytes above which a frame does not keep its parsed
	// memory.
	largeFrame = 4 << 10
)

// A queue is where batches wait for the consumer, in order. Its size is bounded
// in bytes. It has one producer and one consumer; Stats is for anybody.
type queue struct {
	limit int           // bytes that may wait
	free  chan *batch   // for reuse
	ready chan struct{} // a batch is waiting, or the queue was closed
	taken chan struct{} // the consumer took something

	mu      sync.Mutex // guards all that follows
	waiting []*batch
	bytes   int   // of waiting and of what the consumer has
	stuck   bool  // the consumer has taken nothing for a while
	closed  bool  // no more input
	err     error // why it was closed
	stats   Stats
}

// Stats is a moment of a [Live].
type Stats struct {
	Frames int64     // how many were received since the start
	Heard  time.Time // when frames were received last; zero for never
	Full   bool      // reading is paused because the buffer is full
	Up     bool      // the link is up
}

func newQueue(limit int) *queue {
	return &queue{
		limit: limit, free: make(chan *batch, maxFree),
		ready: make(chan struct{}, 1), taken: make(chan struct{}, 1),
	}
}

// get returns an empty batch.
func (q *queue) get() *batch {
	select {
	case b := <-q.free:
		return b
	default:
		return &batch{data: make([]byte, 0, batchBytes)}
	}
}

// release takes back a batch that nobody uses any more.
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

// put appends a batch, and waits until it fits or ctx is done. It reports whether
// it had to wait.
func (q *queue) put(ctx context.Context, b *batch) (waited bool) {
	for {
		q.mu.Lock()
		full := q.bytes >= q.limit
		if q.bytes < min(runAhead, q.limit) || q.stuck && !full || ctx.Err() != nil {
			if q.stuck {
				whole := b
				b = whole.compacted()
				q.release(whole)
			}
			q.stats.Full = false
			q.append(b)
			q.mu.Unlock()
			return waited
		}
		q.stats.Full = full
		q.mu.Unlock()
		waited = true
		stalled := time.NewTimer(stall)
		select {
		case <-q.taken:
		case <-ctx.Done():
		case <-stalled.C:
			q.mu.Lock()
			q.stuck = true
			q.mu.Unlock()
		}
		stalled.Stop()
	}
}

// say appends an item that is not a frame. It never waits.
func (q *queue) say(item Item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if link := item.Link; link != nil && link.Status != Filled && link.Status != Unfilled {
		q.stats.Up = link.Status == Connected || link.Status == Restored
	}
	q.append(&batch{received: item.Received, other: &item})
}

// tick gives the consumer an empty item if it waits for one.
func (q *queue) tick(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.append(&batch{received: now, other: &Item{}})
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
	signal(q.ready)
}

// close ends the input; err is nil or the reason. Only the first call counts.
func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed, q.err = true, err
		signal(q.ready)
	}
}

// take waits for the next batch; nil at the end. more reports whether another
// one is waiting.
func (q *queue) take() (b *batch, more bool) {
	for {
		q.mu.Lock()
		if len(q.waiting) > 0 {
			b, q.waiting[0] = q.waiting[0], nil
			q.waiting = q.waiting[1:]
			more = len(q.waiting) > 0
			q.mu.Unlock()
			return b, more
		}
		closed := q.closed
		q.waiting = nil
		q.mu.Unlock()
		if closed {
			return nil, false
		}
		<-q.ready
	}
}

// done gives back a batch that was taken. It does not count as waiting any more.
func (q *queue) done(b *batch) {
	q.mu.Lock()
	q.bytes -= b.size()
	q.stuck = false
	q.mu.Unlock()
	q.release(b)
	signal(q.taken)
}

// untake puts batches back before all others.
func (q *queue) untake(batches []*batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range batches {
		q.bytes += b.size()
	}
	q.waiting = slices.Concat(batches, q.waiting)
}

// items yields all items until the queue is closed and empty, then the error
// with which it was closed. It reports whether the consumer wants more.
func (q *queue) items(yield func(Item, error) bool) bool {
	var parser decode.Parser
	for {
		b, more := q.take()
		if b == nil {
			break
		}
		b.parse(&parser)
		if !b.yield(more, yield) {
			return false
		}
		q.done(b)
	}
	q.mu.Lock()
	err := q.err
	q.mu.Unlock()
	return err == nil || yield(Item{}, err)
}

// signal wakes the one goroutine that waits on c, now or the next time.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
