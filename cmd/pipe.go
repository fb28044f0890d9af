package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
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
	extras liveExtras    // of a live source

	decoder *decode.Decoder
	chosen  choice
	filter  jqFilter
	out     printer
	end     *endFlags // when to stop

	status        *format.Status
	broken        brokenFrames
	reportedNewer bool      // a line of a newer version was reported
	settleAt      time.Time // when to report missing connections; zero for never
	counters      counters
	endedBy       atomic.Pointer[error] // what ends the loop; the last lines may still wait
}

// counters are counts since the start. Other goroutines read them.
type counters struct {
	received, filtered, broken, filterErrors atomic.Int64
}

// newPipe builds the loop from the flags, without a source. It checks the values
// that the user wrote, before anything is contacted.
func (r *run) newPipe(o *outputFlags, end *endFlags) (*pipe, error) {
	chosen, err := r.newChoice(o)
	if err != nil {
		return nil, err
	}
	writer, err := r.newWriter(o)
	if err != nil {
		return nil, err
	}
	program, err := r.compile(o)
	if err != nil {
		return nil, err
	}
	return &pipe{
		decoder: decode.New(),
		chosen:  chosen,
		filter:  jqFilter{program: program},
		out:     printer{newOutput(r.Stdout), writer, int(end.Count)},
		end:     end,
		status:  r.status,
	}, nil
}

// run moves items from the source to stdout until the source ends, the count is
// reached, the filter halts, or stdout fails. It writes the collected lines before
// it leaves the loop, since the source may need time to close its socket. If ctx was
// done before an error, run returns the cause of ctx.
func (p *pipe) run(ctx context.Context) (err error) {
	for item, sourceErr := range p.source.Items(ctx) {
		if err = sourceErr; err == nil {
			err = p.handle(ctx, item)
			if err != nil && ctx.Err() != nil {
				err = context.Cause(ctx) // ctx ended before this error
			}
		}
		if err != nil {
			endedBy := err
			p.endedBy.Store(&endedBy)
		}
		if err != nil || !item.More || p.out.isFull() {
			err = p.flush(ctx, item.More, err)
		}
		if backfill := p.extras.backfill; backfill != nil && !item.More {
			backfill.Idle()
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
	if !item.CompleteUntil.IsZero() {
		p.extras.completeUntil = item.CompleteUntil
	}
	switch {
	case item.Line != nil && item.Line.Kind == recording.KindRecord && p.out.isRaw():
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
	p.decoder.Apply(item.Action, item.Received)
	p.reportConnections(item)
	p.extras.noteAction(p.decoder, item)
	frame := item.Action.Frame()
	switch {
	case item.Outside || !p.chosen.has(p.decoder.Action(), p.decoder.Platform):
		p.counters.filtered.Add(1)
		return nil
	case p.out.isRaw() && p.filter.program == nil: // nothing needs the record
		return p.out.record(entry{line: frame, counts: true})
	}
	return p.emit(ctx, entry{record: p.decoder.Record(), raw: frame, line: frame, counts: true})
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
		p.out.learn(*change)
	}
	if p.decoder.Crowded() {
		p.status.Note("connection", "too many connections for the map: the ones announced least recently lose their channel names")
	}
	if p.decoder.Updated() {
		p.settle(item.Received)
	}
}

// settle delays the report of missing connections of a live source.
func (p *pipe) settle(now time.Time) {
	if p.live != nil {
		p.settleAt = now.Add(settleTime)
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
	event := item.Link
	isRecorded := item.Line != nil
	var r *record.Record
	if isRecorded {
		r = &item.Line.Record
	} else {
		r = linkRecord(event)
	}
	switch {
	case item.Outside:
	case isRecorded && event.Status == session.Ended: // in a recording no error follows
		p.status.Link(format.Link{}, r)
	default:
		reportLink(p.status, r, event)
	}
	p.extras.noteLink(event)
	if !isRecorded && event.Status == session.Lost && event.Reason == "frame_too_large" {
		p.broken.report(p.status, errors.New(event.Detail), nil, item.Received)
	}
	// A recording can hold several runs; each begins with connected.
	if event.Status == session.Restored && !event.SameSocket || event.Status == session.Connected && p.live == nil {
		p.decoder.Relink()
		p.settle(item.Received)
	}
	if item.Outside || !p.chosen.hasAction(r.Bytes(record.Action)) {
		return nil
	}
	line := item.Frame
	if p.out.isRaw() && !isRecorded {
		line = bytes.TrimSuffix(recording.AppendLink(nil, r, event.SameSocket), []byte("\n"))
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
	case recording.KindHistory:
		p.extras.noteHistory()
	case recording.KindRecord:
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
	platform := r.Bytes(record.Platform)
	if action := string(l.Action()); action == "connection_info" || action == "connection_closed" {
		p.out.learn(record.Linked{Platform: string(platform), Channel: string(r.Bytes(record.Channel))})
	}
	if item.Outside || !p.chosen.has(l.Action(), func() []byte { return platform }) {
		p.counters.filtered.Add(1)
		return nil
	}
	return p.emit(ctx, entry{record: r, raw: l.Message, line: item.Frame, counts: true})
}

// emit filters and formats one record, and counts it as filtered when it gives no
// line.
func (p *pipe) emit(ctx context.Context, e entry) error {
	before := p.out.collected.Load()
	err := p.filter.run(ctx, e, &p.out)
	if filterErr, ok := errors.AsType[*filter.Error](err); ok {
		p.counters.filterErrors.Add(1)
		p.filter.errors.report(p.status, filterErr.Error(), e.record)
		return nil
	}
	if err == nil && e.counts && p.out.collected.Load() == before {
		p.counters.filtered.Add(1)
	}
	return err
}

// flush writes the collected lines. more says whether another item is waiting. It
// returns the error that ends the run: that of a failed write, else err. A reader of
// stdout that went away is less important than err, and than the cause of ctx.
func (p *pipe) flush(ctx context.Context, more bool, err error) error {
	writeErr := p.out.flush()
	if writeErr == nil {
		p.extras.setHandled(more)
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

// choice says which records are written.
type choice struct {
	actions   map[string]bool // by -a, or the format's default
	allBut    bool            // all actions but these
	platforms map[string]bool // by -p; nil for all
}

// newChoice returns what -a and -p choose. Without -a, ndjson and raw include unknown
// actions, and raw leaves out link records, which the service did not send.
func (r *run) newChoice(o *outputFlags) (choice, error) {
	if err := o.Action.checkAgainst(decode.ActionChoices(), "action"); err != nil {
		return choice{}, r.flagError("action", err)
	}
	if err := o.Platform.checkAgainst(decode.PlatformNames(), "platform"); err != nil {
		return choice{}, r.flagError("platform", err)
	}
	c := choice{platforms: o.Platform.set()}
	switch {
	case slices.Contains(o.Action, decode.EveryAction):
		c.allBut = true
	case o.Action != nil:
		c.actions = o.Action.set()
	case format.ByName(o.Format).ForPeople:
		c.actions = conversationActions.set()
	default:
		c.actions, c.allBut = hiddenActions.set(), true
		if o.Format == "raw" {
			c.actions[recording.KindLink] = true
		}
	}
	return c, nil
}

// hasAction reports whether an action is chosen.
func (c choice) hasAction(action []byte) bool { return c.actions[string(action)] != c.allBut }

// has reports whether an action of a platform is chosen. -p does not affect an action
// without a platform.
func (c choice) has(action []byte, platform func() []byte) bool {
	if !c.hasAction(action) {
		return false
	}
	if c.platforms == nil {
		return true
	}
	slug := platform()
	return len(slug) == 0 || c.platforms[string(slug)]
}
