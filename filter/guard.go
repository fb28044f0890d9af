package filter

import (
	"context"
	"runtime/metrics"
	"time"
)

const (
	// lookEvery is how many of gojq's steps, of some 20 ns each, pass between
	// two looks at the context and the clock.
	lookEvery = 1 << 4
	// weighAfter is how long one record takes before the memory is looked at,
	// and how long it is until the next look. What doubles in the meantime had
	// to be copied: it does not double often.
	weighAfter = time.Millisecond
	// memoryLimit is by how many bytes the heap may grow during one record.
	// Endless recursion gets there in seconds.
	memoryLimit = 512 << 20
)

// guard is the context that gojq asks before every step whether to stop. A
// real one costs as much as the step; this one counts, and looks at the real
// one, at the clock and at the memory from time to time.
type guard struct {
	ctx   context.Context
	steps uint64 // of this record
	limit uint64
	// weighed is when the memory was looked at last, heap what there was when
	// it was looked at first; both are zero before.
	weighed time.Time
	heap    uint64
	// stopped is why the run was ended.
	stopped error
}

func (g *guard) begin(ctx context.Context) {
	g.ctx, g.steps, g.weighed, g.heap, g.stopped = ctx, 0, time.Time{}, 0, nil
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements [context.Context]: nil while the run may go on.
func (g *guard) Done() <-chan struct{} {
	if g.steps++; g.steps%lookEvery != 0 {
		return nil
	}
	if g.look(); g.stopped != nil {
		return closed
	}
	return nil
}

func (g *guard) look() {
	if g.stopped = g.ctx.Err(); g.stopped != nil || g.steps < 4*lookEvery {
		return
	}
	switch now := time.Now(); {
	case g.weighed.IsZero():
		g.weighed = now
	case now.Sub(g.weighed) > weighAfter:
		g.weigh()
		g.weighed = now
	}
}

func (g *guard) weigh() {
	heap := heapSize()
	if g.heap == 0 {
		g.heap = heap
	}
	if heap > g.heap+g.limit {
		g.stopped = &Error{Message: "the program takes too much memory for one record: does it ever end?"}
	}
}

func heapSize() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Err implements [context.Context].
func (g *guard) Err() error { return g.stopped }

// Deadline implements [context.Context].
func (g *guard) Deadline() (time.Time, bool) { return g.ctx.Deadline() }

// Value implements [context.Context].
func (g *guard) Value(key any) any { return g.ctx.Value(key) }
