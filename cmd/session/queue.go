package session

import (
	"context"
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
	limit int         // bytes that may wait
	free  chan *batch // for reuse
	ready chan struct{}
	taken chan struct{} // the consumer took something

	mu      sync.Mutex // guards all that follows
	waiting []*batch
	bytes   int   // of waiting and of what the consumer has
	total   int64 // frames since the start
	stuck   bool  // the consumer has taken nothing for a while
	full    bool  // the producer waits because the limit is reached
	closed  bool  // no more input
	err     error
	heard   time.Time // when frames were received last
	up      bool      // the last news of the link is that it is up
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
	if cap(b.data) < batchBytes || cap(b.data) > 4*batchBytes || b.other != nil {
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
			q.full = false
			q.append(b)
			q.mu.Unlock()
			return waited
		}
		q.full = full
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

// append appends a batch. The caller has locked q.mu.
func (q *queue) append(b *batch) {
	if q.closed {
		return
	}
	if q.stuck {
		whole := b
		b = whole.compacted()
		q.release(whole)
	}
	if len(b.ends) > 0 {
		q.heard = b.received
	}
	if b.other != nil {
		q.noteLink(b.other.Link)
	}
	for _, news := range b.news {
		q.noteLink(news.link)
	}
	q.waiting = append(q.waiting, b)
	q.bytes += b.size()
	q.total += int64(len(b.ends))
	signal(q.ready)
}

// noteLink notes what news, if any, say of the link. The caller has locked q.mu.
func (q *queue) noteLink(news *Link) {
	switch {
	case news == nil:
	case news.Status == Connected, news.Status == Restored:
		q.up = true
	case news.Status == Lost, news.Status == Ended:
		q.up = false
	}
}

// say appends an item that is not a frame. It never waits.
func (q *queue) say(item Item) {
	q.putAtOnce(&batch{received: item.Received, other: &item})
}

// putAtOnce appends a batch whether it fits or not.
func (q *queue) putAtOnce(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.append(b)
}

// tick gives the consumer an empty item if it waits for one.
func (q *queue) tick(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.append(&batch{received: now, other: &Item{}})
	}
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

// take waits for the next batch; nil at the end. done is the batch before, which
// does not count as waiting any more. more reports whether another one is waiting.
func (q *queue) take(done *batch) (b *batch, more bool) {
	if done != nil {
		q.mu.Lock()
		q.bytes -= done.size()
		q.stuck = false
		q.mu.Unlock()
		q.release(done)
		signal(q.taken)
	}
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

// items yields all items until the queue is closed and empty, then the error
// with which it was closed.
func (q *queue) items(yield func(Item, error) bool) {
	var parser decode.Parser
	var b *batch
	for {
		var more bool
		if b, more = q.take(b); b == nil {
			break
		}
		b.parse(&parser)
		if !b.yield(more, yield) {
			return
		}
	}
	q.mu.Lock()
	err := q.err
	q.mu.Unlock()
	if err != nil {
		yield(Item{}, err)
	}
}

// Stats is a moment of a [Live].
type Stats struct {
	Frames int64     // how many were received since the start
	Heard  time.Time // when frames were received last; zero for never
	Full   bool      // reading is paused because the buffer is full
	Up     bool      // the link is up
}

func (q *queue) stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Frames: q.total, Heard: q.heard, Full: q.full, Up: q.up}
}

// signal wakes the one goroutine that waits on c, now or the next time.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
