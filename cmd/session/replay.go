package session

import (
	"context"
	"io"
	"iter"
	"math"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode/record"
)

// ReplayOptions say what to replay and how fast.
type ReplayOptions struct {
	// Files are the recordings, which are one stream.
	Files []File
	// Speed is the factor of the recorded pace; 0 is as fast as possible.
	Speed float64
	// Period returns the part of the stream that is wanted, from the time since
	// on and before until, given the time of its first action. A zero time is no
	// limit. What lies outside is delivered too, as fast as possible. Nil: all is
	// wanted.
	Period func(first time.Time) (since, until time.Time)
	// MaxFrame is the size in bytes of the largest frame; default 16 MiB.
	MaxFrame int
}

// A File is a recording: one action a line, gzipped or not.
type File struct {
	// Name is what errors call it; "" for nothing.
	Name string
	R    io.Reader
}

// A Replay is recordings: a [Source] whose frames are the lines of files. Its items
// are iterated once.
type Replay struct {
	o     ReplayOptions
	queue *queue

	first   chan struct{} // closed when firstAt is known; only if there is a Period
	firstAt time.Time     // of the first action; zero for none
}

// NewReplay makes a Replay. Nothing is read before its items are asked for.
func NewReplay(o ReplayOptions) *Replay {
	if o.MaxFrame <= 0 {
		o.MaxFrame = defaultMaxFrame
	}
	return &Replay{o: o, queue: newQueue(runAhead), first: make(chan struct{})}
}

// Items implements [Source]. A line longer than MaxFrame is an item that is
// Broken. When recordings cannot be read to their end, what could be read of all
// of them comes before the error; see also [ErrNoActions] and
// [recording.FormatError]. When ctx is done the source ends even if a read of a
// file does not return; the file is then still being read.
func (r *Replay) Items(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(ctx, func() { r.queue.close(nil) })()
		go func() { r.queue.close(r.read(ctx)) }()
		p := player{Replay: r, ctx: ctx, yield: yield}
		r.queue.items(p.play)
	}
}

// player gives the items of a Replay to its consumer when they are due.
type player struct {
	*Replay
	ctx    context.Context
	yield  func(Item, error) bool
	sorter sorter
	pace   pace

	resolved     bool // the period is known
	since, until time.Time
}

// play gives an item to the consumer.
func (p *player) play(item Item, err error) bool {
	if item.begins {
		p.sorter.begin()
		p.pace = pace{speed: p.o.Speed}
		return p.yield(Item{Received: item.Received, More: item.More}, nil)
	}
	p.sorter.sort(&item)
	at, moves := p.sorter.clock(&item)
	item.Outside = p.isOutside(at)
	if isHistory := item.Line != nil && item.Line.Kind == recording.KindHistory; isHistory && at.Before(p.pace.last) {
		moves = false // a message that was filled in
	}
	if !moves || item.Outside || p.o.Speed <= 0 {
		return p.yield(item, err)
	}
	wait, notice := p.pace.next(at)
	if notice != "" && !p.yield(Item{Notice: notice}, nil) {
		return false
	}
	if wait > 0 && !(p.yield(Item{}, nil) && sleep(p.ctx, wait)) {
		return false
	}
	return p.yield(item, err)
}

// isOutside reports whether a time lies outside of the period. It waits until the
// first action is known.
func (p *player) isOutside(at time.Time) bool {
	if p.o.Period == nil || at.IsZero() {
		return false
	}
	if !p.resolved {
		select {
		case <-p.first:
		case <-p.ctx.Done():
			return true
		}
		p.resolved = true
		p.since, p.until = p.o.Period(p.firstAt)
	}
	return at.Before(p.since) || !p.until.IsZero() && !at.Before(p.until)
}

// linkOf makes a line of a recording news of the link.
func linkOf(l *recording.Line) *Link {
	r := &l.Record
	gap, _ := strconv.ParseFloat(string(r.Bytes(record.GapSeconds)), 64)
	attempt, _ := strconv.Atoi(string(r.Bytes(record.Attempt)))
	count, _ := strconv.Atoi(string(r.Bytes(record.Filled)))
	return &Link{
		Count:  count,
		HasGap: r.Has(record.GapSeconds),
		Status: string(r.Bytes(record.Status)), Reason: string(r.Bytes(record.Reason)), At: r.At,
		Gap: time.Duration(gap * float64(time.Second)), Attempt: attempt, Same: l.Same,
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

// next returns how long to wait before an action, and what to tell the user.
func (p *pace) next(stamp time.Time) (wait time.Duration, notice string) {
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
