package session

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemoryOfABacklog shows that slabs are used again, not allocated again,
// however long a backlog lasts.
func TestMemoryOfABacklog(t *testing.T) {
	q := newQueue(64 << 20)
	frame := strings.Repeat("x", 1000)
	r := strings.NewReader("")
	round := func() {
		for range 1000 {
			r.Reset(frame)
			if err := q.receive(r); err != nil {
				t.Fatal(err)
			}
			q.publish()
		}
		for range 1000 {
			q.take()
		}
	}
	for range 20_000 { // 20 MB wait all the time
		r.Reset(frame)
		q.receive(r)
	}
	for range 20 {
		round() // makes the slabs that lie between
	}
	if allocs := testing.AllocsPerRun(20, round); allocs > 1 {
		t.Errorf("%.0f allocations for a thousand frames", allocs)
	}
}

func TestABacklogIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(64 << 20)
		for range 20_000 {
			q.receive(strings.NewReader(strings.Repeat("x", 1000)))
		}
		q.publish()
		go func() {
			for ok := true; ok; {
				_, ok = q.take()
			}
		}()
		synctest.Wait() // it waits for more
		if q.free.bytes > maxSpare || q.waiting != (cost{}) {
			t.Errorf("%d bytes are kept, and %+v waits", q.free.bytes, q.waiting)
		}
		q.finish(nil)
	})
}

// TestLargeFramesUseTheirSlabsAgain keeps the cost of a frame linear in its
// size.
func TestLargeFramesUseTheirSlabsAgain(t *testing.T) {
	q := newQueue(64 << 20)
	frame := bytes.Repeat([]byte("x"), 1<<20)
	r := bytes.NewReader(nil)
	one := func() {
		r.Reset(frame)
		if err := q.receive(r); err != nil {
			t.Fatal(err)
		}
		q.publish()
		if item, ok := q.take(); !ok || len(item.Frame) != len(frame) {
			t.Fatalf("%d bytes", len(item.Frame))
		}
	}
	for range 10 {
		one()
	}
	if allocs := testing.AllocsPerRun(20, one); allocs > 1 {
		t.Errorf("%.0f allocations for a frame of 1 MiB", allocs)
	}
}

// backlog returns how many bytes wait, and whether that holds the producer back
// until half of the buffer is free again.
func (q *queue) backlog() (bytes int, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.bytes, q.full
}

// produce publishes so many frames of 1,000 bytes, one by one, and counts how
// often it was held back. Its end is that of the queue.
func produce(q *queue, frames int, held *int) {
	for range frames {
		q.receive(strings.NewReader(strings.Repeat("x", 1000)))
		q.publish()
		if bytes, _ := q.backlog(); bytes >= runAhead {
			*held++
		}
		q.hold(nil)
	}
	q.finish(nil)
}

// A producer that is held back is not woken for every slab, but when there is
// room for many.
func TestAHeldProducerIsWokenSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, held := newQueue(64<<20), 0
		go produce(q, 4000, &held)
		for ok := true; ok; {
			synctest.Wait() // the producer is held back, or done
			_, ok = q.take()
		}
		if most := 4000 * (1000 + perFrame) / (runAhead / 2); held == 0 || held > most {
			t.Errorf("the producer was held back %d times, more than %d", held, most)
		}
	})
}

// A consumer that is slow but at work is not taken for one that is blocked: no
// more than usual is read ahead of it.
func TestASlowConsumerIsNotBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, held := newQueue(64<<20), 0
		go produce(q, 4000, &held)
		most := 0
		for ok := true; ok; {
			time.Sleep(stall / 100)
			bytes, _ := q.backlog()
			most = max(most, bytes)
			_, ok = q.take()
		}
		if held == 0 || most > runAhead+slabSize {
			t.Errorf("held back %d times, and %d bytes were waiting", held, most)
		}
	})
}
