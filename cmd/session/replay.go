package session

import (
	"context"
	"io"
	"iter"
	"time"
)

// ReplayOptions say what to replay and how fast.
type ReplayOptions struct {
	// R is the recording: one frame a line, or that gzipped.
	R io.Reader
	// Speed is the factor of the recorded pace; 0 is as fast as possible.
	Speed float64
	// Stamp reads the time at which a frame was sent; without one it is due at
	// once. Needed for a Speed other than 0.
	Stamp func(frame []byte) (time.Time, bool)
	// MaxFrame is the size in bytes of the largest frame; default 16 MiB.
	MaxFrame int
}

// A Replay is a recording: a [Source] whose frames are the lines of a file. Its
// items are iterated once.
type Replay struct {
	o     ReplayOptions
	queue *queue
}

// NewReplay makes a Replay. Nothing is read before its items are asked for.
func NewReplay(o ReplayOptions) *Replay {
	if o.MaxFrame <= 0 {
		o.MaxFrame = defaultMaxFrame
	}
	return &Replay{o: o, queue: newQueue(runAhead)}
}

// Ahead is [Live.Ahead] for a recording. read may still be called when Items has
// been left.
func (r *Replay) Ahead(read func(frame []byte) (ticket uint64), reach int) {
	r.queue.scout.read, r.queue.scout.reach = read, reach
}

// Items implements [Source]. A line longer than MaxFrame is an item that is
// Broken. When the recording cannot be read to its end, what could be read
// comes before the error. When ctx is done the source ends even if a read of R
// does not return; R is then still being read.
func (r *Replay) Items(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() { r.queue.finish(r.read(ctx)) }()
		defer context.AfterFunc(ctx, r.queue.abandon)()
		pace := pace{speed: r.o.Speed, stamp: r.o.Stamp}
		for {
			item, ok := r.queue.take()
			if !ok || !pace.wait(ctx, item.Frame) {
				break
			}
			if r.o.Speed > 0 {
				next, waiting := r.queue.peek()
				item.More = waiting && pace.due(next.Frame)
			}
			if !yield(item, nil) {
				return
			}
		}
		if err := r.queue.why(); err != nil && ctx.Err() == nil {
			yield(Item{}, err)
		}
	}
}
