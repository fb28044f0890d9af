package session

import (
	"context"
	"io"
	"iter"
	"math"
	"time"

	"github.com/restail/restail/decode"
)

// ReplayOptions say what to replay and how fast.
type ReplayOptions struct {
	// R is the recording: one action a line, gzipped or not.
	R io.Reader
	// Speed is the factor of the recorded pace; 0 is as fast as possible.
	Speed float64
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

// Items implements [Source]. A line longer than MaxFrame is an item that is
// Broken. When the recording cannot be read to its end, what could be read comes
// before the error; see also [ErrNoActions] and [FormatError]. When ctx is done
// the source ends even if a read of R does not return; R is then still being
// read.
func (r *Replay) Items(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(ctx, func() { r.queue.close(nil) })()
		go func() { r.queue.close(r.read(ctx)) }()
		pace := pace{speed: r.o.Speed}
		r.queue.items(func(item Item, err error) bool {
			if item.Action == nil || pace.speed <= 0 {
				return yield(item, err)
			}
			wait, notice := pace.next(item.Action)
			if notice != "" && !yield(Item{Notice: notice}, nil) {
				return false
			}
			if wait > 0 && !(yield(Item{}, nil) && sleep(ctx, wait)) {
				return false
			}
			return yield(item, err)
		})
	}
}

// A pace keeps actions apart as their stamps are.
type pace struct {
	speed float64
	start time.Time // when the action with the first stamp was due
	first time.Time
	last  time.Time // the stamp before
}

const (
	// maxBack is how far stamps may go back: a service with many hosts does not
	// stamp in perfect order. Further back another recording begins.
	maxBack = time.Minute
	// maxWait is the longest wait for one action.
	maxWait = time.Minute
)

// next returns how long to wait before the action, and what to tell the user.
func (p *pace) next(a *decode.Action) (wait time.Duration, notice string) {
	stamp, ok := a.Stamp()
	if !ok {
		return 0, ""
	}
	back := p.last.Sub(stamp)
	if p.start.IsZero() || back > maxBack {
		if !p.start.IsZero() {
			notice = "the stamps of the recording jump back by " + back.String() + ": its pace begins anew"
		}
		p.start, p.first = time.Now(), stamp
	}
	p.last = stamp
	after := min(float64(stamp.Sub(p.first))/p.speed, math.MaxInt64/2)
	wait = time.Until(p.start.Add(time.Duration(after)))
	if wait > maxWait {
		notice = "the next action of the recording is due in " + wait.Round(time.Second).String() + ": waiting for one minute only"
		wait = maxWait
		p.start, p.first = time.Now().Add(wait), stamp
	}
	return wait, notice
}
