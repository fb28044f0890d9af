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

// pipe is the loop that everything runs through: an action of the source is
// applied, chosen, filtered, formatted and written. News of the link and of the
// connections leave the same loop to stderr, in their order.
type pipe struct {
	source session.Source
	live   *session.Live // the source, or what is behind it; nil for a recording

	recorder *recorder        // nil without -w
	fills    bool             // --backfill
	backfill *backfill        // nil without it
	state    *recording.State // nil without --state
	received time.Time        // when the last action was received
	handled  atomic.Int64     // up to when all actions were taken by stdout or dropped, in Unix nanoseconds

	decoder   *decode.Decoder
	actions   func(action []byte) bool
	platforms map[string]bool // those to write; nil for all
	program   *filter.Program // nil for none
	filtering context.Context // of the program; see filterContext
	mistakes  mistakes

	writer format.Writer
	raw    bool // -o raw: write the frame, once, without a record
	// know tells the text format of connections that it does not write; nil
	// for other formats.
	know func(record.Linked)

	out   *output
	limit int // how many lines are written at most; 0 for no limit
	count int // lines so far, but for those of link records

	status   *format.Status
	broken   brokenFrames
	later    bool          // a line of a later version was noticed
	settleAt time.Time     // when missing connections are told; zero for never
	link     record.Record // news of the link
	linkLine []byte        // its line in a recording, for raw
	counters counters
	decided  atomic.Pointer[decision]
	// filterSince is when the program began to run on a record, in nanoseconds
	// since the start of the output; 0 while it does not run.
	filterSince atomic.Int64
}

// decision is what ends the loop. The last lines are still to be written.
type decision struct{ err error }

// counters are counts since the start. Other goroutines read them.
type counters struct {
	received, filtered, broken, filterErrors atomic.Int64
}

// settleTime is the time without a change of a connection before those that are
// missing are reported: the service sends the whole set on a new socket, and a
// connection that flaps is back within seconds.
const settleTime = 3 * time.Second

// errCount ends the loop when the last line of --count has been gathered.
var errCount = errors.New("all lines are written")

// run moves everything from the source to stdout until the source ends, the
// count is reached, the filter halts, or stdout fails. What was gathered is
// written before run leaves the source, which may take its time to end. When
// ctx was done first, its cause is the error.
func (p *pipe) run(ctx context.Context) (err error) {
	for item, failed := range p.source.Items(ctx) {
		if err = failed; err == nil {
			err = p.take(ctx, item)
		}
		if failed == nil && ctx.Err() != nil && err != nil {
			err = context.Cause(ctx) // which came first
		}
		if err != nil {
			p.decided.Store(&decision{err})
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

// take handles one item of the source.
func (p *pipe) take(ctx context.Context, item session.Item) error {
	if !p.settleAt.IsZero() && !item.Received.Before(p.settleAt) {
		p.settle()
	}
	switch {
	case item.Line != nil && item.Line.Kind == "" && p.raw:
		return usageError(errors.New("a record of ndjson cannot be written as raw: it lacks what the service sent"), "use -o ndjson or -o text")
	case item.Link != nil:
		return p.takeLink(ctx, item)
	case item.Line != nil:
		return p.takeLine(ctx, item)
	case item.Notice != "":
		p.status.Note("frame", item.Notice)
	case item.Broken != nil:
		p.counters.received.Add(1)
		p.counters.broken.Add(1)
		p.broken.report(p.status, item.Broken, item.Frame, item.Received)
	case item.Action != nil:
		p.counters.received.Add(1)
		return p.takeAction(ctx, item)
	}
	return nil
}

func (p *pipe) takeAction(ctx context.Context, item session.Item) error {
	p.received = item.Received
	p.decoder.Apply(item.Action, item.Received)
	p.noticeConnections(item)
	if p.backfill != nil {
		p.backfill.noteAction(p, item)
	}
	frame := item.Action.Frame()
	switch {
	case item.Outside || !p.wants(p.decoder.Action(), p.decoder.Platform):
		p.counters.filtered.Add(1)
		return nil
	case p.raw && p.program == nil: // nobody needs the record
		return p.gather(p.writer.Record(p.out.lines, nil, frame), true)
	}
	return p.write(ctx, entry{p.decoder.Record(), frame, frame, true})
}

// noticeConnections tells what an action changed in the connection map.
func (p *pipe) noticeConnections(item session.Item) {
	if change := p.decoder.Change(); change != nil {
		if !item.Outside {
			p.status.Connection(*change, p.decoder.Record())
		}
		if p.know != nil {
			p.know(*change)
		}
	}
	if p.decoder.Crowded() {
		p.status.Note("connection", "more connections than the map holds: those announced least recently have no channel name any more")
	}
	if p.live != nil && p.decoder.Updated() {
		p.settleAt = item.Received.Add(settleTime)
	}
}

// settle tells of the connections that are not coming back by themselves: those
// that a new socket did not announce again, and those that stay connecting.
func (p *pipe) settle() {
	p.settleAt = time.Time{}
	for _, lingering := range p.decoder.Lingering() {
		p.status.Connection(lingering, nil)
	}
	for _, gone := range p.decoder.Gone() {
		p.status.Gone(gone)
	}
}

// takeLink handles news of the link: a status line, and a record in its place.
func (p *pipe) takeLink(ctx context.Context, item session.Item) error {
	news, r := item.Link, &p.link
	if item.Line != nil {
		r = &item.Line.Record
	} else {
		linkRecord(r, news)
	}
	switch {
	case item.Outside:
	case item.Line != nil && news.Status == session.Ended: // no error follows
		p.status.Link(format.Link{}, r)
	default:
		tellLink(p.status, r, news)
	}
	if p.backfill != nil {
		p.backfill.noteLink(news)
	}
	if item.Line == nil && news.Status == session.Lost && news.Reason == "frame_too_large" {
		p.broken.report(p.status, errors.New(news.Detail), nil, item.Received)
	}
	// A recording may have several runs; each begins with connected.
	if news.Status == session.Restored && !news.Same || news.Status == session.Connected && p.live == nil {
		p.decoder.Relink()
		if p.live != nil {
			p.settleAt = item.Received.Add(settleTime)
		}
	}
	if item.Outside || !p.actions(r.Bytes(record.Action)) {
		return nil
	}
	line := item.Frame
	if p.raw && item.Line == nil {
		p.linkLine = recording.AppendLink(p.linkLine[:0], r, news.Same)
		line = bytes.TrimSuffix(p.linkLine, []byte("\n"))
	}
	return p.write(ctx, entry{record: r, line: line})
}

// takeLine handles a line of a recording that is neither an action nor news of
// the link.
func (p *pipe) takeLine(ctx context.Context, item session.Item) error {
	l := item.Line
	r := &l.Record
	switch l.Kind {
	case recording.KindHistory, "":
	case recording.KindUnrecorded:
		if !item.Outside {
			p.status.Note("frame", fmt.Sprintf("actions that could not be recorded: %d, in the %gs from %s on", l.Actions, l.Seconds, r.Bytes(record.Time)))
		}
		return nil
	default:
		if !p.later {
			p.later = true
			p.status.Note("frame", fmt.Sprintf("lines of kind %.40q skipped: a later version of restail wrote them", l.Kind))
		}
		return nil
	}
	p.counters.received.Add(1)
	if action := string(l.Action()); p.know != nil && (action == "connection_info" || action == "connection_closed") {
		p.know(record.Linked{Platform: string(r.Bytes(record.Platform)), Channel: string(r.Bytes(record.Channel))})
	}
	if item.Outside || !p.wants(l.Action(), func() []byte { return r.Bytes(record.Platform) }) {
		p.counters.filtered.Add(1)
		return nil
	}
	return p.write(ctx, entry{r, l.Message, item.Frame, true})
}

// wants tells whether -a and -p choose an action. One without a platform is for
// all of them.
func (p *pipe) wants(action []byte, platform func() []byte) bool {
	if !p.actions(action) {
		return false
	}
	if p.platforms == nil {
		return true
	}
	slug := platform()
	return len(slug) == 0 || p.platforms[string(slug)]
}

// entry is what there is to write of an item.
type entry struct {
	record *record.Record
	wire   []byte // what the filter has as $raw; nil for null
	line   []byte // what the raw format writes
	counts bool   // for --count and --idle
}

// write filters and formats one record. One that was received and gives no line
// is counted as filtered.
func (p *pipe) write(ctx context.Context, e entry) error {
	lines := p.out.total
	err := p.format(ctx, e)
	if failed, ok := errors.AsType[*filter.Error](err); ok {
		p.counters.filterErrors.Add(1)
		p.mistakes.show(p.status, failed.Error(), e.record)
		return nil
	}
	if err == nil && e.counts && p.out.total == lines {
		p.counters.filtered.Add(1)
	}
	return err
}

func (p *pipe) format(ctx context.Context, e entry) error {
	if p.program == nil {
		return p.gather(p.writer.Record(p.out.lines, e.record, e.line), e.counts)
	}
	ctx, cancel := p.filterContext(ctx)
	defer cancel()
	p.filterSince.Store(int64(time.Since(p.out.start)))
	defer p.filterSince.Store(0)
	passed := false
	return p.program.Run(ctx, e.record, e.wire, func(o filter.Output) error {
		again := passed && p.raw
		passed = true
		switch {
		case again:
			return nil
		case o.Record || p.raw:
			return p.gather(p.writer.Record(p.out.lines, e.record, e.line), e.counts)
		}
		return p.gather(p.writer.Value(p.out.lines, o.Value), e.counts)
	})
}

// filterTime limits a program on one record after the run was cancelled: what was
// received is still written, but no program holds up the end for good.
const filterTime = time.Second

// filterContext returns the context of one run of the program. ctx is the run's.
func (p *pipe) filterContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() != nil {
		return context.WithTimeout(context.WithoutCancel(ctx), filterTime)
	}
	if p.filtering == nil {
		filtering, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p.filtering = filtering
		context.AfterFunc(ctx, func() { time.AfterFunc(filterTime, cancel) })
	}
	return p.filtering, func() {}
}

// gather stores the lines after a writer may have appended one. counts reports
// whether that counts for --count and --idle.
func (p *pipe) gather(lines []byte, counts bool) error {
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

// flush writes the lines that were gathered. It returns what ends the run: err,
// if that was decided before, or why the lines cannot be written.
//
// With more, other actions of the same moment may follow: the state of --state must
// not be ahead of them.
func (p *pipe) flush(ctx context.Context, more bool, err error) error {
	failed := p.out.flush()
	if failed == nil && !p.received.IsZero() {
		handled := p.received
		if more {
			handled = handled.Add(-1)
		}
		p.handled.Store(handled.UnixNano())
	}
	gone := errors.As(failed, new(stopped))
	switch {
	case failed == nil, gone && err != nil:
		return err
	case gone && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return failed
}

// counted returns the counters as they stand, with what waits in the live source,
// if there is one.
func (p *pipe) counted() format.Counters {
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
