package cmd

import (
	"cmp"
	"context"
	"errors"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/filter"
	"github.com/restail/restail/format"
)

// pipe is the loop that everything runs through: a frame of the source is
// decoded to a record, chosen, filtered, formatted and written. News of the
// link and of the connections leave the same loop to stderr, in their order.
type pipe struct {
	source session.Source
	live   *session.Live // the source, or what is behind it; nil for a recording

	decoder   *decode.Decoder
	actions   func(action []byte) bool
	platforms map[string]bool // those to write; nil for all
	program   *filter.Program // nil for none
	patience  patience
	mistakes  mistakes

	writer format.Writer
	raw    bool // the format takes the frame itself, needs no record, and has each at most once
	// know tells the text format of connections that it does not write; nil
	// for other formats.
	know func(record.Linked)

	out      *output
	limit    int // how many lines are written at most; 0 for no limit
	gathered int // how many lines were written or are about to be
	// ending tells that nothing more is written, and that the source's error is
	// waited for.
	ending bool

	status   *format.Status
	settling settling
	counters counters
	changed  bool          // the counters' connection map is behind
	link     record.Record // news of the link
}

// attach makes a live source the pipe's.
func (p *pipe) attach(live *session.Live) {
	p.source, p.live = live, live
	p.settling.nudge = live.Nudge
	live.Ahead(p.ahead(), decode.AheadFrames)
}

// ahead is what a source may do with frames for which the pipe is not ready yet.
// Frames that are only copied gain nothing by it: their payload is only checked.
func (p *pipe) ahead() func(frame []byte) (ticket uint64) {
	if p.raw && p.program == nil {
		return nil
	}
	return p.decoder.Ahead().Read
}

// errLimit ends the loop when the last line of the limit has been gathered.
var errLimit = errors.New("all lines are written")

// run moves everything from the source to stdout until the source ends, the
// limit is reached or stdout fails. Whatever ends it, gathered lines are
// written first.
func (p *pipe) run(ctx context.Context) error {
	var err error
	for item, itemErr := range p.source.Items(ctx) {
		if err = itemErr; err == nil && !p.ending {
			err = p.take(ctx, item)
		}
		if errors.Is(err, errLimit) && gaveUp(item.Link) {
			p.ending, err = true, nil
		}
		if err == nil && (!item.More || p.out.full()) {
			err = p.flush()
		}
		if err != nil {
			break
		}
	}
	p.settling.stop()
	if err == nil || !errors.As(err, new(stopped)) {
		err = cmp.Or(p.flush(), err)
	}
	if errors.Is(err, errLimit) {
		return nil
	}
	return err
}

// gaveUp tells of news of the link whether an error is to follow it. It is how
// the run ends then, though the last line of a limit was written.
func gaveUp(link *session.Link) bool {
	return link != nil && (link.Final || link.Status == session.Ended)
}

// take handles one item of the source.
func (p *pipe) take(ctx context.Context, item session.Item) error {
	if item.Link != nil {
		return p.takeLink(ctx, item.Link)
	}
	if p.settling.isOver() {
		p.settle()
	}
	if item.Frame == nil && item.Broken == nil { // a nudge
		return nil
	}
	p.counters.received.Add(1)
	if item.Broken != nil {
		p.broken(item.Broken, nil)
		return nil
	}
	if err := p.decoder.Read(item.Frame, item.Ticket); err != nil {
		p.broken(err, item.Frame)
		if p.live != nil {
			p.live.Broken()
		}
		return nil
	}
	p.noticeConnections()
	switch {
	case !p.wants():
		p.counters.filtered.Add(1)
		return nil
	case p.raw && p.program == nil: // the record would be for nobody
		return p.gather(p.writer.Record(p.out.lines, nil, item.Frame))
	}
	return p.write(ctx, p.decoder.Record(), item.Frame)
}

// broken reports a frame that is no record.
func (p *pipe) broken(err error, frame []byte) {
	p.counters.broken.Add(1)
	p.status.Frame(err, frame)
}

// noticeConnections tells what the last action changed in the connection map.
func (p *pipe) noticeConnections() {
	p.changed = p.changed || p.decoder.Updated()
	if change := p.decoder.Change(); change != nil {
		p.status.Connection(*change, p.decoder.Record())
		if p.know != nil {
			p.know(*change)
		}
	}
	if p.decoder.Updated() && p.live != nil {
		p.live.Drained(p.decoder.Drained())
		p.settling.begin()
	}
}

// settle reports the connections that are not coming back by themselves: those
// that a new socket did not announce again, and those that stay connecting.
func (p *pipe) settle() {
	for _, lingering := range p.decoder.Lingering() {
		p.status.Connection(lingering, nil)
	}
	for _, gone := range p.decoder.Gone() {
		p.status.Gone(gone)
	}
}

// takeLink handles news of the link: a status line, and a record in its place.
func (p *pipe) takeLink(ctx context.Context, link *session.Link) error {
	linkRecord(&p.link, link)
	tellLink(p.status, &p.link, link)
	if link.Status == session.Restored && !link.Same {
		p.decoder.Relink()
		p.settling.begin()
	}
	if !p.actions(p.link.Bytes(record.Action)) {
		return nil
	}
	return p.write(ctx, &p.link, nil)
}

// wants tells whether -a and -p choose the action that was read. One without a
// platform is for all of them.
func (p *pipe) wants() bool {
	if !p.actions(p.decoder.Action()) {
		return false
	}
	if p.platforms == nil {
		return true
	}
	platform := p.decoder.Platform()
	return len(platform) == 0 || p.platforms[string(platform)]
}

// write filters and formats one record.
func (p *pipe) write(ctx context.Context, r *record.Record, frame []byte) error {
	if p.program == nil {
		return p.gather(p.writer.Record(p.out.lines, r, frame))
	}
	ctx, cancel := p.patience.with(ctx)
	defer cancel()
	passed := false
	err := p.program.Run(ctx, r, frame, func(o filter.Output) error {
		again := passed && p.raw
		passed = true
		switch {
		case again:
			return nil
		case o.Record || p.raw:
			return p.gather(p.writer.Record(p.out.lines, r, frame))
		}
		return p.gather(p.writer.Value(p.out.lines, o.Value))
	})
	if failed := (*filter.Error)(nil); errors.As(err, &failed) {
		p.counters.filterErrors.Add(1)
		p.mistakes.show(p.status, failed.Error(), r)
		return nil
	}
	if err == nil && !passed {
		p.counters.filtered.Add(1)
	}
	return err
}

// gather takes the batch with perhaps one line more.
func (p *pipe) gather(lines []byte) error {
	if len(lines) == len(p.out.lines) {
		return nil
	}
	p.out.lines = lines
	p.gathered++
	if p.limitReached() {
		return errLimit
	}
	return nil
}

func (p *pipe) limitReached() bool { return p.limit > 0 && p.gathered >= p.limit }

func (p *pipe) flush() error {
	if p.changed {
		p.changed = false
		linked := p.decoder.Linked()
		p.counters.linked.Store(&linked)
	}
	if err := p.out.flush(); err != nil {
		return err
	}
	p.counters.written.Store(int64(p.gathered))
	return nil
}
