package history

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/decode/record"
)

const (
	// firstRequest and secondRequest are how long after the end of a gap the history is
	// requested: twice, since messages may reach the history late.
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

// A Backfill requests the messages of the gaps in a live chat. Call Note, NoteInserted,
// Handled, Connected, Restored and Idle in the order of the stream, from one goroutine,
// and Run from another.
type Backfill struct {
	o    BackfillOptions
	wake chan struct{} // a gap may be ready

	mu       sync.Mutex // guards all that follows
	edge     edge       // the received chat
	gaps     []*gap     // to fill, in order
	filled   []content  // messages inserted, as far back as gaps can need them
	calledAt time.Time  // when Note or Idle was last called
	// The last messages of filled that were not noted yet, and those that were not handled.
	unnoted, unhandled int
}

// gap is a gap in the chat. It begins at the last action before it and ends at the first
// one after it whose stamp is not earlier.
type gap struct {
	restored    time.Time // by our clock
	length      time.Duration
	from        time.Time // by the service's clock
	to          time.Time // by the service's clock; zero until that action comes
	earliestEnd time.Time // by the service's clock; stands in for an older stamp of a connection's action
	toAt        time.Time // when to was set, or the end of a later pause
	around      []content // the messages received around it
	before      string    // the last broadcast before it; "" for none
	after       string    // the first broadcast after it; "" for none
	ready       bool      // around is complete, so the gap can be filled
}

// NewBackfill makes a Backfill. It does nothing before Run.
func NewBackfill(o BackfillOptions) *Backfill {
	return &Backfill{o: o, wake: make(chan struct{}, 1), edge: parseEdge(o.Edge)}
}

// Connected notes that the link is up for the first time, without a known gap.
func (b *Backfill) Connected(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.edge.start.IsZero() {
		b.edge.start = at.Round(0)
	}
}

// Restored notes that the link is up after a gap of that length. It may be the gap
// between two runs.
func (b *Backfill) Restored(at time.Time, length time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	began := at.Round(0).Add(-length)
	if b.edge.start.IsZero() {
		b.edge.start = began
	}
	g := &gap{restored: at, length: length, before: b.edge.broadcast, from: b.edge.lastStamp(began)}
	g.around = messagesNear(b.edge.recent, g.from)
	clock := b.edge.clock
	if clock.service.IsZero() {
		clock = moment{g.from, began}
	}
	g.earliestEnd = clock.serviceAt(at.Round(0)).Add(time.Second)
	b.gaps = append(b.gaps, g)
}

// Note notes an action of the service, whether or not its record is written. stamp is the
// time that the service stamped it with, zero for none. Note does not keep r.
func (b *Backfill) Note(r *record.Record, stamp, received time.Time) {
	action := string(r.Bytes(record.Action))
	ofConnection := action == "connection_info" || action == "connection_closed"
	c := contentOf(r, action)
	broadcast := ""
	if id := string(r.Bytes(record.BroadcastID)); !ofConnection && IsUUID(id) {
		broadcast = id
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noticePause()
	stamp = b.edge.note(stamp, received.Round(0), ofConnection, c)
	b.edge.broadcast = cmp.Or(broadcast, b.edge.broadcast)
	for _, g := range b.gaps {
		g.after = cmp.Or(g.after, broadcast)
		if g.note(stamp, ofConnection, c) {
			b.setReady(g)
		}
	}
}

// NoteInserted notes that the next inserted message has arrived in the stream.
func (b *Backfill) NoteInserted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unnoted--
}

// Handled notes that everything noted so far was written to stdout or dropped by choice.
func (b *Backfill) Handled() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.edge.unhandled, b.unhandled = 0, b.unnoted
}

// note notes an action that was received after the gap. It reports whether no message of
// the seconds after the gap is to come.
func (g *gap) note(stamp time.Time, ofConnection bool, c content) (complete bool) {
	if g.to.IsZero() && !stamp.IsZero() && !stamp.Before(g.from) {
		g.to, g.toAt = stamp, time.Now()
		if ofConnection && stamp.Before(g.earliestEnd) { // a repeated one can have an old stamp
			g.to = g.earliestEnd
		}
	}
	end := g.to.Unix() + margin
	if !c.Time.IsZero() && (g.to.IsZero() || c.Time.Unix() <= end) {
		g.around = append(g.around, c)
	}
	return !g.to.IsZero() && stamp.Unix() > end
}

// Idle notes that no received action is waiting to be noted. Call it regularly: in a
// quiet chat it makes a gap ready.
func (b *Backfill) Idle() {
	wait := max(leastWait, b.scaled(firstRequest))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noticePause()
	for _, g := range b.gaps {
		if !g.to.IsZero() && time.Since(g.toAt) >= wait {
			b.setReady(g)
		}
	}
}

// noticePause notices that the process was stopped. What has arrived meanwhile may not be
// received yet, so the wait of Idle begins anew. The caller has locked b.mu.
func (b *Backfill) noticePause() {
	now := time.Now()
	if now.Sub(b.calledAt) >= leastWait {
		for _, g := range b.gaps {
			g.toAt = now
		}
	}
	b.calledAt = now
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
	oldest := g.from // of the gaps that can still come
	if len(b.edge.recent) > 0 && b.edge.recent[0].service.Before(oldest) {
		oldest = b.edge.recent[0].service
	}
	for len(b.filled) > 0 && !isNear(b.filled[0].Time, oldest) {
		b.filled = b.filled[1:]
	}
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
	failed := (*Error)(nil)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failed):
		return failed.Reason
	}
	return ReasonNetwork
}

// fillOnce requests the history and inserts the messages that the chat lacks. It returns
// their number and the first error.
func (b *Backfill) fillOnce(ctx context.Context, g *gap) (count int, err error) {
	b.mu.Lock()
	known := slices.Concat(g.around, near(b.filled, g.from))
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
	messages = slices.DeleteFunc(messages, func(m Message) bool { return m.Time.Unix() < b.edge.start.Unix() })
	for _, m := range messages {
		b.filled = append(b.filled, m.content())
	}
	b.unnoted += len(messages)
	b.unhandled += len(messages)
	b.mu.Unlock()
	if len(messages) > 0 {
		b.o.Insert(ctx, messages, broadcast)
	}
	return len(messages)
}
