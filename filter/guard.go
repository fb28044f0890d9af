package filter

import (
	"context"
	"math/big"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/itchyny/gojq"
)

const (
	// checkEvery is the number of gojq's steps between two checks.
	checkEvery = 1 << 4
	// measureAfter is how long a run lasts before the heap is measured, and the
	// time between two measurements.
	measureAfter = 100 * time.Microsecond
	// memoryLimit is how many bytes the heap may grow during one record, garbage
	// included. At most half of that may be in use. The step that exceeds the limit
	// can take twice as much again, since it may copy everything.
	memoryLimit = 48 << 20
	// maxProduct limits the size of a product, in bytes: one multiplication
	// could make gigabytes, and cannot be interrupted.
	maxProduct = 1 << 20
	// maxIndex limits the index of an element: .[1e8] = 0 makes an array of that
	// length in one step.
	maxIndex = 1_000_000
	// largeProduct is the size of a product after which the guard checks before
	// every step, since a few more steps can make the product very large.
	largeProduct = 64 << 10
)

// guard is the context that gojq asks before every step whether to stop. A
// real context costs as much as the step, so guard counts the steps, and checks
// the real context, the clock and the heap from time to time.
type guard struct {
	ctx   context.Context
	steps uint64 // for this record
	limit uint64 // how many bytes the heap may grow
	// everyStep is set when the guard checks before every step, since any step
	// may copy something large.
	everyStep bool
	// measured is the time of the last measurement of the heap, or of the first
	// check. baseline is the result of the first measurement, 0 before it.
	measured time.Time
	baseline uint64
	// stopped is why the run has to stop; nil while it may go on.
	stopped error
}

// begin resets the guard for a new record.
func (g *guard) begin(ctx context.Context) {
	*g = guard{ctx: ctx, limit: g.limit}
}

var errMemory = &Error{Message: "the program takes too much memory for one record: it may never end"}

// closed is what Done returns when the run has to stop.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements [context.Context]: nil while the run may go on.
func (g *guard) Done() <-chan struct{} {
	if g.steps++; g.steps%checkEvery != 0 && !g.everyStep {
		return nil
	}
	if g.check(); g.stopped != nil {
		return closed
	}
	return nil
}

// check sets stopped when the context has ended, and measures the heap when that is
// due. A short run is not measured.
func (g *guard) check() {
	if g.stopped = g.ctx.Err(); g.stopped != nil || g.steps < 4*checkEvery && !g.everyStep {
		return
	}
	switch now := time.Now(); {
	case g.measured.IsZero():
		g.measured = now
	case now.Sub(g.measured) > measureAfter:
		g.measureHeap()
	}
}

// measureHeap stops the run when the heap has grown too much, even without its
// garbage.
func (g *guard) measureHeap() {
	heap := heapSize()
	if g.baseline == 0 {
		g.baseline = heap
	}
	g.everyStep = g.everyStep || heap > g.baseline+g.limit/8
	if heap > g.baseline+g.limit {
		if heap < g.baseline+8*g.limit { // a larger heap is hardly garbage, and takes long to collect
			runtime.GC()
			heap = heapSize()
		}
		if heap > g.baseline+g.limit/2 {
			g.stopped = errMemory
		}
	}
	g.measured = time.Now()
}

// factors returns the factors of a product as an array, or an error when the
// product is too large.
func (g *guard) factors(left, right any) any {
	size := productSize(left, right)
	if size > maxProduct {
		return &Error{Message: "the result of a multiplication is larger than 1 MiB"}
	}
	if size > largeProduct && !g.everyStep {
		g.everyStep = true
		g.measureHeap()
	}
	return []any{left, right}
}

// productSize estimates the size of a product in bytes; 0 for small ones.
func productSize(left, right any) float64 {
	if _, ok := right.(string); ok {
		left, right = right, left
	}
	switch left := left.(type) {
	case string:
		if count, ok := gojq.ToFloat64(right); ok {
			return float64(len(left)) * count
		}
	case *big.Int:
		if right, ok := right.(*big.Int); ok {
			return float64(left.BitLen()+right.BitLen()) / 8
		}
	}
	return 0
}

// checkIndex returns its argument, an index or a path of indexes, unchanged, or an
// error when an index is too large.
func checkIndex(_ any, args []any) any {
	path, ok := args[0].([]any)
	if !ok {
		path = args
	}
	for _, index := range path {
		if n, ok := gojq.ToFloat64(index); ok && n > maxIndex {
			return &Error{Message: "an array index is larger than 1,000,000"}
		}
	}
	return args[0]
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
