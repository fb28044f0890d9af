package filter

import (
	"context"
	"math/big"
	"runtime/metrics"
	"time"

	"github.com/itchyny/gojq"
)

const (
	// lookEvery is how many of gojq's steps, of some 20 ns each, pass between
	// two looks at the context and the clock.
	lookEvery = 1 << 4
	// measureAfter is how long a run lasts before the heap is measured, and the
	// time between two measurements.
	measureAfter = time.Millisecond
	// memoryLimit is by how many bytes the heap may grow during one record.
	memoryLimit = 256 << 20
	// maxProduct limits the size of a product, in bytes. One multiplication can
	// make gigabytes, and cannot be interrupted.
	maxProduct = 16 << 20
	// largeProduct is the size from which on the heap is measured before the
	// multiplication.
	largeProduct = 1 << 20
)

// guard is the context that gojq asks before every step whether to stop. A
// real context costs as much as the step, so guard counts the steps, and looks
// at the real context, the clock and the heap from time to time.
type guard struct {
	ctx   context.Context
	steps uint64 // of this record
	limit uint64 // by how many bytes the heap may grow
	// closely is set when the guard looks before every step, since the next
	// one may copy something large.
	closely bool
	// measured is the time of the last measurement of the heap, heap the
	// result of the first; both are zero before it.
	measured time.Time
	heap     uint64
	// stopped is why the run has to stop; nil while it may go on.
	stopped error
}

func (g *guard) begin(ctx context.Context) {
	*g = guard{ctx: ctx, limit: g.limit}
}

var errMemory = &Error{Message: "the program takes too much memory for one record: it may never end"}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements [context.Context]: nil while the run may go on.
func (g *guard) Done() <-chan struct{} {
	if g.steps++; g.steps%lookEvery != 0 && !g.closely {
		return nil
	}
	if g.look(); g.stopped != nil {
		return closed
	}
	return nil
}

func (g *guard) look() {
	if g.stopped = g.ctx.Err(); g.stopped != nil || g.steps < 4*lookEvery && !g.closely {
		return
	}
	switch now := time.Now(); {
	case g.measured.IsZero():
		g.measured = now
	case now.Sub(g.measured) > measureAfter:
		g.measured = now
		g.reserve(0)
	}
}

// reserve stops the run when the heap has grown too much, or would with size
// more bytes.
func (g *guard) reserve(size uint64) {
	heap := heapSize()
	if g.heap == 0 {
		g.heap = heap
	}
	heap += size
	g.closely = g.closely || heap > g.heap+g.limit/8
	if heap > g.heap+g.limit {
		g.stopped = errMemory
	}
}

// factors returns the factors of a product as an array, or an error when the
// product is too large.
func (g *guard) factors(left, right any) any {
	size := productSize(left, right)
	if size > maxProduct {
		return &Error{Message: "the result of a multiplication is larger than 16 MiB"}
	}
	if size > largeProduct {
		g.closely = true
		g.reserve(uint64(size))
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
