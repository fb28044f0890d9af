package filter

import (
	"context"
	"runtime/metrics"
	"time"
)

const (
	// lookEvery is how many of gojq's steps, of some 20 ns each, pass between
	// two looks at the context.
	lookEvery = 1 << 6
	// weighEvery is how many pass between two looks at the memory.
	weighEvery = 1 << 12
	// memoryLimit is by how many bytes the heap may grow during one record.
	// Endless recursion gets there in seconds.
	memoryLimit = 512 << 20
)

// guard is the context that gojq asks before every step whether to stop. A
// real one costs as much as the step; this one counts, and looks at the real
// one and at the memory from time to time.
type guard struct {
	ctx   context.Context
	steps uint64 // of this record
	limit uint64
	heap  uint64 // at the first look of this record
	// stopped is why the run was ended.
	stopped error
}

func (g *guard) begin(ctx context.Context) {
	g.ctx, g.steps, g.heap, g.stopped = ctx, 0, 0, nil
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
	return g.look()
}

func (g *guard) look() <-chan struct{} {
	if g.stopped = g.ctx.Err(); g.stopped == nil && g.steps%weighEvery == 0 {
		g.weigh()
	}
	if g.stopped != nil {
		return closed
	}
	return nil
}

// weigh stops the run when the heap has grown beyond the limit.
func (g *guard) weigh() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	heap := sample[0].Value.Uint64()
	if g.heap == 0 {
		g.heap = heap
	}
	if heap > g.heap+g.limit {
		g.stopped = &Error{Message: "the program needs too much memory for one record: does it ever end?"}
	}
}

// Err implements [context.Context].
func (g *guard) Err() error { return g.stopped }

// Deadline implements [context.Context].
func (g *guard) Deadline() (time.Time, bool) { return g.ctx.Deadline() }

// Value implements [context.Context].
func (g *guard) Value(key any) any { return g.ctx.Value(key) }
