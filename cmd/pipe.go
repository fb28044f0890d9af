package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/filter"
	"github.com/restail/restail/format"
)

// pipe is the loop that every record runs through. Its functions stand in the
// order in which data flows: run takes an item from the source, handle decodes it,
// emit filters and formats it, flush writes the lines to stdout. Status lines
// about the link and the connections go from the same loop, in order, to stderr.
type pipe struct {
	source session.Source
	live   *session.Live // the source, or what the source of the demo wraps; nil unless live

	recorder *recorder        // nil without -w
	backfill *backfill        // nil without --backfill
	state    *recording.State // nil without --state
	received time.Time        // when the last action was received
	handled  atomic.Int64     // all actions up to this time were written to stdout or dropped; in Unix nanoseconds

	decoder      *decode.Decoder
	isChosen     func(action []byte) bool // by -a, or by default
	platforms    map[string]bool          // the ones to write; nil for all
	program      *filter.Program          // nil without a filter
	filterCtx    context.Context          // for the program; see filterContext
	filterErrors filterErrors

	writer format.Writer
	isRaw  bool // -o raw: write the frame, at most once
	// learn tells the text format about a connection, even one whose record is not
	// written; nil for other formats.
	learn func(record.Linked)

	out   *output
	limit int // write at most this many lines; 0 for no limit
	count int // lines so far, without those of link records

	status        *format.Status
	broken        brokenFrames
	reportedNewer bool          // a line of a newer version was reported
	settleAt      time.Time     // when to report missing connections; zero for never
	link          record.Record // reused by handleLink
	linkLine      []byte        // reused by handleLink
	counters      counters
	endedBy       atomic.Pointer[error] // what ends the loop; the last lines may still wait
	// filterStart is when the program began to run on the current record, in
	// nanoseconds since the start of the output; 0 while it does not run.
	filterStart atomic.Int64
}

// counters are counts since the start. Other goroutines read them.
type counters struct {
	received, filtered, broken, filterErrors atomic.Int64
}

// errCount ends the loop after the last line of --count.
var errCount = errors.New("all lines are written")

// run moves items from the source to stdout until the source ends, the count is
// reached, the filter halts, or stdout fails. It writes the collected lines before
// it leaves the loop, since the source may need time to close its socket. If ctx was
// done before an error, run returns the cause of ctx.
func (p *pipe) run(ctx context.Context) (err error) {
	for item, sourceErr := range p.source.Items(ctx) {
		if err = sourceErr; err == nil {
			err = p.handle(ctx, item)
		}
		if sourceErr == nil && ctx.Err() != nil && err != nil {
			err = context.Cause(ctx) // ctx ended before this error
		}
		if err != nil {
			endedBy := err
			p.endedBy.Store(&endedBy)
		}
		if err != nil || !item.More || p.out.isFull() {
			err = p.flush(ctx, item.More, err)
		}
		if p.backfill != nil && !item.More {
			p.backfill.Idle()
		}
		if err != nil {
			break
		}
	}
	p.broken.flush(p.status)
	if err == nil {
		return context.Cause(ctx)
	}
	return err
}

// handle handles one item of the source.
func (p *pipe) handle(ctx context.Context, item session.Item) error {
	if !p.settleAt.IsZero() && !item.Received.Before(p.settleAt) {
		p.reportMissing()
	}
	switch {
	case item.Line != nil && item.Line.Kind == recording.KindRecord && p.isRaw:
		return usageError(errors.New("an ndjson record cannot be written as raw: it lacks the action that the service sent"), "use -o ndjson or -o text")
	case item.Link != nil:
		return p.handleLink(ctx, item)
	case item.Line != nil:
		return p.handleLine(ctx, item)
	case item.Notice != "":
		p.status.Note("frame", item.Notice)
	case item.Broken != nil:
		p.counters.received.Add(1)
		p.counters.broken.Add(1)
		p.broken.report(p.status, item.Broken, item.Frame, item.Received)
	case item.Action != nil:
		p.counters.received.Add(1)
		return p.handleAction(ctx, item)
	}
	return nil
}

// handleAction decodes an action of the service, and emits its record if -a and -p
// choose it.
func (p *pipe) handleAction(ctx context.Context, item session.Item) error {
	p.received = item.Received
	p.decoder.Apply(item.Action, item.Received)
	p.reportConnections(item)
	if p.backfill != nil {
		p.backfill.noteAction(p, item)
	}
	frame := item.Action.Frame()
	switch {
	case item.Outside || !p.wants(p.decoder.Action(), p.decoder.Platform):
		p.counters.filtered.Add(1)
		return nil
	case p.isRaw && p.program == nil: // nothing needs the record
		return p.collect(p.writer.Record(p.out.lines, nil, frame), true)
	}
	return p.emit(ctx, entry{p.decoder.Record(), frame, frame, true})
}

// settleTime must pass without a change of a connection before missing ones are
// reported. A new socket announces every connection, and a connection that is lost
// for a moment comes back within seconds.
const settleTime = 3 * time.Second

// reportConnections reports what an action changed in the connection map.
func (p *pipe) reportConnections(item session.Item) {
	if change := p.decoder.Change(); change != nil {
		if !item.Outside {
			p.status.Connection(*change, p.decoder.Record())
		}
		if p.learn != nil {
			p.learn(*change)
		}
	}
	if p.decoder.Crowded() {
		p.status.Note("connection", "too many connections for the map: the ones announced least recently lose their channel names")
	}
	if p.live != nil && p.decoder.Updated() {
		p.settleAt = item.Received.Add(settleTime)
	}
}

// reportMissing reports the connections that stay connecting, and those that a new
// socket did not announce again.
func (p *pipe) reportMissing() {
	p.settleAt = time.Time{}
	for _, lingering := range p.decoder.Lingering() {
		p.status.Connection(lingering, nil)
	}
	for _, gone := range p.decoder.Gone() {
		p.status.Gone(gone)
	}
}

// handleLink reports a link event and emits its record.
func (p *pipe) handleLink(ctx context.Context, item session.Item) error {
	event, r := item.Link, &p.link
	if item.Line != nil {
		r = &item.Line.Record
	} else {
		setLinkRecord(r, event)
	}
	switch {
	case item.Outside:
	case item.Line != nil && event.Status == session.Ended: // in a recording no error follows
		p.status.Link(format.Link{}, r)
	default:
		reportLink(p.status, r, event)
	}
	if p.backfill != nil {
		p.backfill.noteLink(event)
	}
	if item.Line == nil && event.Status == session.Lost && event.Reason == "frame_too_large" {
		p.broken.report(p.status, errors.New(event.Detail), nil, item.Received)
	}
	// A recording can hold several runs; each begins with connected.
	if event.Status == session.Restored && !event.SameSocket || event.Status == session.Connected && p.live == nil {
		p.decoder.Relink()
		if p.live != nil {
			p.settleAt = item.Received.Add(settleTime)
		}
	}
	if item.Outside || !p.isChosen(r.Bytes(record.Action)) {
		return nil
	}
	line := item.Frame
	if p.isRaw && item.Line == nil {
		p.linkLine = recording.AppendLink(p.linkLine[:0], r, event.SameSocket)
		line = bytes.TrimSuffix(p.linkLine, []byte("\n"))
	}
	return p.emit(ctx, entry{record: r, line: line})
}

// handleLine handles a line of a recording that is neither an action nor a link
// event: an ndjson record, a message of the chat history, or a report of
// unrecorded actions.
func (p *pipe) handleLine(ctx context.Context, item session.Item) error {
	l := item.Line
	r := &l.Record
	switch l.Kind {
	case recording.KindHistory, recording.KindRecord:
	case recording.KindUnrecorded:
		if !item.Outside {
			p.status.Note("frame", fmt.Sprintf("unrecorded actions: %d, in the %gs after %s", l.Actions, l.Seconds, r.Bytes(record.Time)))
		}
		return nil
	default:
		if !p.reportedNewer {
			p.reportedNewer = true
			p.status.Note("frame", fmt.Sprintf("lines of kind %.40q skipped: a later version of restail wrote them", l.Kind))
		}
		return nil
	}
	p.counters.received.Add(1)
	if action := string(l.Action()); p.learn != nil && (action == "connection_info" || action == "connection_closed") {
		p.learn(record.Linked{Platform: string(r.Bytes(record.Platform)), Channel: string(r.Bytes(record.Channel))})
	}
	if item.Outside || !p.wants(l.Action(), func() []byte { return r.Bytes(record.Platform) }) {
		p.counters.filtered.Add(1)
		return nil
	}
	return p.emit(ctx, entry{r, l.Message, item.Frame, true})
}

// wants reports whether -a and -p choose an action. -p does not affect an action
// without a platform.
func (p *pipe) wants(action []byte, platform func() []byte) bool {
	if !p.isChosen(action) {
		return false
	}
	if p.platforms == nil {
		return true
	}
	slug := platform()
	return len(slug) == 0 || p.platforms[string(slug)]
}

// entry is one record on its way to stdout.
type entry struct {
	record *record.Record
	raw    []byte // the filter's $raw; nil for null
	line   []byte // what -o raw writes
	counts bool   // for --count and --idle
}

// emit filters and formats one record, and counts it as filtered when it gives no
// line.
func (p *pipe) emit(ctx context.Context, e entry) error {
	before := p.out.total
	err := p.applyFilter(ctx, e)
	if filterErr, ok := errors.AsType[*filter.Error](err); ok {
		p.counters.filterErrors.Add(1)
		p.filterErrors.report(p.status, filterErr.Error(), e.record)
		return nil
	}
	if err == nil && e.counts && p.out.total == before {
		p.counters.filtered.Add(1)
	}
	return err
}

// applyFilter runs the program on a record and formats its outputs; without a
// program it formats the record.
func (p *pipe) applyFilter(ctx context.Context, e entry) error {
	if p.program == nil {
		return p.collect(p.writer.Record(p.out.lines, e.record, e.line), e.counts)
	}
	ctx, cancel := p.filterContext(ctx)
	defer cancel()
	p.filterStart.Store(int64(time.Since(p.out.start)))
	defer p.filterStart.Store(0)
	passed := false
	return p.program.Run(ctx, e.record, e.raw, func(o filter.Output) error {
		again := passed && p.isRaw
		passed = true
		switch {
		case again:
			return nil
		case o.Record || p.isRaw:
			return p.collect(p.writer.Record(p.out.lines, e.record, e.line), e.counts)
		}
		return p.collect(p.writer.Value(p.out.lines, o.Value), e.counts)
	})
}

// filterTime limits the program's time for one record after the run was cancelled.
// Records that were received before are still filtered, but must not delay the end
// forever.
const filterTime = time.Second

// filterContext returns the context for one run of the program, which continues for
// filterTime after ctx is done.
func (p *pipe) filterContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() != nil {
		return context.WithTimeout(context.WithoutCancel(ctx), filterTime)
	}
	if p.filterCtx == nil {
		filterCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p.filterCtx = filterCtx
		context.AfterFunc(ctx, func() { time.AfterFunc(filterTime, cancel) })
	}
	return p.filterCtx, func() {}
}

// collect stores lines, to which a writer has appended one line or none. counts says
// whether that line counts for --count and --idle.
func (p *pipe) collect(lines []byte, counts bool) error {
	if len(lines) == len(p.out.lines) {
		return nil
	}
	p.out.append(lines, counts)
	if !counts {
		return nil
	}
	if p.count++; p.limit > 0 && p.count >= p.limit {
		return errCount
	}
	return nil
}

// flush writes the collected lines. It returns the error that ends the run: that of a
// failed write, else err. A reader of stdout that went away is less important than
// err, and than the cause of ctx.
//
// If more is true, other actions with the same time may follow, so handled stays
// below that time.
func (p *pipe) flush(ctx context.Context, more bool, err error) error {
	writeErr := p.out.flush()
	if writeErr == nil && !p.received.IsZero() {
		handled := p.received
		if more {
			handled = handled.Add(-1)
		}
		p.handled.Store(handled.UnixNano())
	}
	readerLeft := errors.As(writeErr, new(silentExit))
	switch {
	case writeErr == nil, readerLeft && err != nil:
		return err
	case readerLeft && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return writeErr
}

// snapshot returns the counters, with the number of waiting actions of a live source.
func (p *pipe) snapshot() format.Counters {
	c := format.Counters{
		Received:     p.counters.received.Load(),
		Written:      p.out.written.Load(),
		Filtered:     p.counters.filtered.Load(),
		Broken:       p.counters.broken.Load(),
		FilterErrors: p.counters.filterErrors.Load(),
	}
	if p.live != nil {
		stats := p.live.Stats()
		c.Queued, c.LastHeard = max(0, stats.Frames-c.Received), stats.Heard
	}
	return c
}
