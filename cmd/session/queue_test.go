package session

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
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
