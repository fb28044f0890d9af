package history

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"sync"
	"time"
)

const (
	// firstRequest and secondRequest are how long after the end of a gap the history is
	// requested. The history may get its messages late.
	firstRequest  = 5 * time.Second
	secondRequest = firstRequest + 30*time.Second
	// leastWait is the shortest wait, at any speed, for the messages of the seconds
	// after a gap.
	leastWait = time.Second
	// disorder is how many seconds past the end of a gap the history is read, since it
	// may not be exactly in order.
	disorder = 60
)

// The statuses for [BackfillOptions].Report.
const (
	Filled   = "filled"
	Unfilled = "unfilled"
)

// BackfillOptions say where missed messages come from and go to.
type BackfillOptions struct {
	// Client is a [Client]; its retries apply.
	Client interface {
		Messages(ctx context.Context, broadcast string, from time.Time) iter.Seq2[Message, error]
		InProgress(ctx context.Context) (id string, ok bool, err error)
	}
	// Insert takes messages that were missed, in the order of the history. Run calls it
	// with its context, and waits for it.
	Insert func(ctx context.Context, messages []Message, broadcast string)
	// Report takes the outcome for a gap of that length: Filled, or Unfilled with the
	// reason of an [Error]. count is the number of messages inserted. Run calls it with
	// its context, and waits for it.
	Report func(ctx context.Context, status, reason string, count int, gap time.Duration)
	// Speed divides the delays; 0 for no delays.
	Speed float64
	// Edge is what [Backfill.Edge] returned in an earlier run; nil for none.
	Edge []byte
}

// A Backfill requests the messages of the gaps in a live chat. Call Note, Connected,
// Restored and Idle in the order of the stream, from one goroutine, and Run from another.
type Backfill struct {
	o    BackfillOptions
	wake chan struct{} // a gap may be ready

	mu        sync.Mutex       // guards all that follows
	start     time.Time        // the first handshake of all runs; the first stamp if that is earlier
	anchored  bool             // start was compared with the first stamp
	stamped   bool             // the service stamps its actions
	lastStamp time.Time        // the stamp of the last action
	clock     time.Time        // the service's clock: the last stamp, except those of connections
	clockAt   time.Time        // our clock when clock was received
	broadcast string           // the last broadcast id that is a UUID
	recent    []receivedAction // the last actions
	gaps      []*gap           // to fill, in order
	filled    []content        // messages inserted, as far back as the gaps need them
}

// gap is a gap in the chat.
type gap struct {
	restored    time.Time
	length      time.Duration
	from        time.Time // the stamp of the last action before it
	earliestEnd time.Time // by the service's clock
	to          time.Time // the first stamp after it that is not before from; zero until then
	toAt        time.Time // when to was set
	around      []content // the messages received around it
	before      string    // the last broadcast before it; "" for none
	after       string    // the first broadcast after it; "" for none
	ready       bool      // around is complete, so the gap can be filled
}

// NewBackfill makes a Backfill. It does nothing before Run.
func NewBackfill(o BackfillOptions) *Backfill {
	b := &Backfill{o: o, wake: make(chan struct{}, 1)}
	b.resume(o.Edge)
	return b
}

// Connected notes that the link is up for the first time, without a known gap.
func (b *Backfill) Connected(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.start.IsZero() {
		b.start = at.Round(0)
	}
}

// Restored notes that the link is up after a gap of that length. It may be the gap
// between two runs.
func (b *Backfill) Restored(at time.Time, length time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	began := at.Round(0).Add(-length)
	if b.start.IsZero() {
		b.start = began
	}
	g := &gap{restored: at, length: length, before: b.broadcast}
	g.from, g.around = b.receivedUntil(began)
	g.earliestEnd = g.from.Add(length + time.Second)
	if !b.clock.IsZero() {
		g.earliestEnd = b.clock.Add(at.Round(0).Sub(b.clockAt) + time.Second)
	}
	b.gaps = append(b.gaps, g)
}

// Idle notes that no received action is waiting to be noted. Call it regularly: in a
// quiet chat it makes a gap ready.
func (b *Backfill) Idle() {
	wait := max(leastWait, b.scaled(firstRequest))
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range b.gaps {
		if !g.to.IsZero() && time.Since(g.toAt) >= wait {
			b.setReady(g)
		}
	}
}

// setReady marks a gap as ready. The caller has locked b.mu.
func (b *Backfill) setReady(g *gap) {
	g.ready = true
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// scaled returns a delay at the speed of the chat.
func (b *Backfill) scaled(delay time.Duration) time.Duration {
	if b.o.Speed == 0 {
		return 0
	}
	return time.Duration(float64(delay) / b.o.Speed)
}

// Run fills gaps, one after the other, until ctx is done.
func (b *Backfill) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if g := b.next(); g != nil {
			b.fill(ctx, g)
			continue
		}
		select {
		case <-b.wake:
		case <-ctx.Done():
		}
	}
}

// next returns the first gap if it is ready, else nil.
func (b *Backfill) next() *gap {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.gaps) == 0 || !b.gaps[0].ready {
		return nil
	}
	g := b.gaps[0]
	b.filled = slices.DeleteFunc(b.filled, func(s content) bool { return s.Time.Unix() < g.from.Unix()-margin })
	return g
}

// fill requests the messages of a gap twice. The second answer decides. When it is
// already time for the second request, there is no first one.
func (b *Backfill) fill(ctx context.Context, g *gap) {
	count, reason := 0, ""
	for _, delay := range []time.Duration{firstRequest, secondRequest} {
		if delay == firstRequest && time.Since(g.restored) >= b.scaled(secondRequest) {
			continue
		}
		select {
		case <-time.After(time.Until(g.restored.Add(b.scaled(delay)))):
		case <-ctx.Done():
			return
		}
		n, err := b.fillOnce(ctx, g)
		if ctx.Err() != nil {
			return
		}
		count += n
		reason = reasonOf(err)
		if reason == ReasonScope || reason == ReasonUnauthorized { // a second request cannot help
			break
		}
	}
	b.mu.Lock()
	b.gaps = slices.Delete(b.gaps, 0, 1)
	b.mu.Unlock()
	status := Filled
	if reason != "" {
		status = Unfilled
	}
	b.o.Report(ctx, status, reason, count, g.length)
}

// reasonOf returns the reason of an error; "" for nil.
func reasonOf(err error) string {
	known := (*Error)(nil)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return known.Reason
	}
	return ReasonNetwork
}

// fillOnce requests the history and inserts the messages that the chat lacks. It returns
// their number and the first error.
func (b *Backfill) fillOnce(ctx context.Context, g *gap) (count int, err error) {
	b.mu.Lock()
	known := slices.Concat(g.around, b.filled)
	broadcasts := slices.Compact([]string{g.before, g.after})
	b.mu.Unlock()
	broadcasts = slices.DeleteFunc(broadcasts, func(id string) bool { return id == "" })
	if len(broadcasts) == 0 {
		id, ok, err := b.o.Client.InProgress(ctx)
		switch {
		case err != nil:
			return 0, err
		case !ok:
			return 0, NoBroadcast()
		}
		broadcasts = []string{id}
	}
	m := newMatcher(known, g.from.Unix(), g.to.Unix())
	for _, broadcast := range broadcasts {
		n, failed := b.insertMissing(ctx, g, broadcast, m)
		count += n
		if err == nil {
			err = failed
		}
	}
	return count, err
}

// insertMissing inserts the messages of one broadcast that the chat lacks, page by page.
func (b *Backfill) insertMissing(ctx context.Context, g *gap, broadcast string, matcher *matcher) (count int, err error) {
	first, last := g.from.Unix()-tolerance, g.to.Unix()+tolerance
	var page []Message
	for m, failed := range b.o.Client.Messages(ctx, broadcast, time.Unix(first, 0)) {
		if err = failed; err != nil {
			break
		}
		second := m.Time.Unix()
		if first <= second && second <= last {
			page = append(page, m)
		}
		if !m.More {
			count += b.insert(ctx, matcher.missing(page, second), broadcast)
			page = page[:0]
		}
		if second > last+disorder {
			break
		}
	}
	return count + b.insert(ctx, matcher.missing(page, math.MaxInt64), broadcast), err
}

// insert inserts messages, except those before the first handshake.
func (b *Backfill) insert(ctx context.Context, messages []Message, broadcast string) int {
	b.mu.Lock()
	messages = slices.DeleteFunc(messages, func(m Message) bool { return m.Time.Unix() < b.start.Unix() })
	for _, m := range messages {
		b.filled = append(b.filled, m.content())
	}
	b.mu.Unlock()
	if len(messages) > 0 {
		b.o.Insert(ctx, messages, broadcast)
	}
	return len(messages)
}
