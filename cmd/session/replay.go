package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode"
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

// A TooLongError is about a line of a recording that is too long for a frame.
type TooLongError struct {
	File  string // "" for one without a name
	Line  int    // counted from 1
	Limit int    // in bytes
}

func (e *TooLongError) Error() string {
	of := ""
	if e.File != "" {
		of = " of " + e.File
	}
	return fmt.Sprintf("line %d%s is longer than the limit of %s (--max-frame)", e.Line, of, size(e.Limit))
}

var (
	// ErrNoActions ends a recording in which no line is an action, a record, or one
	// of restail's own.
	ErrNoActions = errors.New("no line of the recording is an action")
	// ErrEmpty ends a recording that has nothing but blank lines.
	ErrEmpty = errors.New("the recording is empty")
)

const (
	// maxBack is how far stamps may go back: a service with many hosts does not
	// stamp in perfect order. Further back another recording begins.
	maxBack = time.Minute
	// maxWait is the longest wait for one action.
	maxWait = time.Minute
)

// A Replay is recordings: a [Source] whose frames are the lines of files. Its items
// are iterated once.
type Replay struct {
	o     ReplayOptions
	queue *queue
}

// NewReplay makes a Replay. Nothing is read before its items are asked for.
func NewReplay(o ReplayOptions) *Replay {
	if o.MaxFrame <= 0 {
		o.MaxFrame = defaultMaxFrame
	}
	return &Replay{o, newQueue(runAhead)}
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
		context.AfterFunc(ctx, func() { r.queue.close(nil) })
		go func() {
			l := lineReader{Replay: r, ctx: ctx, batch: r.queue.get()}
			for _, file := range r.o.Files {
				err := l.read(file)
				r.queue.put(&batch{received: time.Now(), other: &Item{}, err: err})
			}
			r.queue.close(nil)
		}()
		p := player{Replay: r, ctx: ctx, yield: yield}
		if r.o.Period != nil {
			if first := r.queue.firstTime(); !first.IsZero() {
				p.since, p.until = r.o.Period(first)
			}
		}
		if r.queue.items(p.play) && p.damaged != nil && ctx.Err() == nil {
			yield(Item{}, errors.Join(p.damaged...))
		}
	}
}

// A lineReader makes frames of the lines of recordings, parses them, and puts
// them into the queue. It is a goroutine.
type lineReader struct {
	*Replay
	ctx    context.Context
	parser decode.Parser
	batch  *batch
	in     io.Reader // the current file
}

// read reads a recording. It returns the reason of its end, io.EOF for none.
func (l *lineReader) read(file File) error {
	l.in = file.R
	lines := recording.NewReader(l, l.o.MaxFrame)
	for l.ctx.Err() == nil {
		line, err := lines.Read()
		switch {
		case errors.Is(err, recording.ErrTooLong):
			l.handOver()
			tooLong := &TooLongError{file.Name, lines.Line(), l.o.MaxFrame}
			l.queue.put(&batch{received: time.Now(), other: &Item{Broken: tooLong}})
		case errors.Is(err, io.EOF) && lines.IsBlank():
			return ErrEmpty
		case err != nil:
			l.handOver()
			return err
		default:
			if l.batch.add(line); l.batch.isFull() {
				l.handOver()
			}
		}
	}
	return io.EOF
}

// Read reads from the current file. It may have to wait, so it hands over first.
func (l *lineReader) Read(p []byte) (int, error) {
	l.handOver()
	return l.in.Read(p)
}

// handOver parses what was collected and puts it into the queue.
func (l *lineReader) handOver() {
	if len(l.batch.ends) > 0 {
		l.batch.received = time.Now()
		l.batch.parse(&l.parser)
		l.queue.put(l.batch)
		l.batch = l.queue.get()
	}
}

// A sorter tells what the lines of a recording are that are not actions, and
// which of them move a clock.
type sorter struct {
	lines recording.LineParser
	head  recording.Head
	up    bool // the link was up once
}

// sort gives an item the Line that it is, if it is one.
func (s *sorter) sort(item *Item) {
	switch {
	case item.Action != nil:
		s.up = true                   // as it was when this was recorded
		if item.Action.HasPayload() { // spares most actions the search for a time
			return
		}
		if item.Line = s.lines.Record(item.Action.Frame(), item.Received); item.Line == nil {
			return
		}
		item.Action, item.Frame = nil, item.Action.Frame()
	case item.Broken != nil && item.Frame != nil:
		if item.Line = s.lines.Own(item.Frame, item.Received); item.Line == nil {
			return
		}
		item.Broken = nil
	default:
		return
	}
	if string(item.Line.Action()) == recording.KindLink {
		item.Link = linkOf(item.Line)
		item.Link.NeverUp = item.Link.Status == Lost && !s.up
		s.up = s.up || item.Link.Status == Connected || item.Link.Status == Restored
	}
}

// clock returns the time of an item, zero when it has none, and whether the item
// moves a clock: that of the pace, or the one that says when the recording begins.
func (s *sorter) clock(item *Item) (at time.Time, moves bool) {
	switch {
	case item.Action != nil:
		at, moves = item.Action.Stamp()
		inHead := s.head.Has(item.Action.Name(), len(item.Action.Frame()))
		if !moves {
			at = time.Unix(item.Received.Unix(), 0)
		}
		return at, moves && !inHead
	case item.Line != nil:
		return item.Line.Record.At, item.Line.MovesClock() && !s.head.Has(item.Line.Action(), len(item.Frame))
	}
	return time.Time{}, false
}

// linkOf makes a line of a recording news of the link.
func linkOf(l *recording.Line) *Link {
	r := &l.Record
	gap, _ := strconv.ParseFloat(string(r.Bytes(record.GapSeconds)), 64)
	attempt, _ := strconv.Atoi(string(r.Bytes(record.Attempt)))
	count, _ := strconv.Atoi(string(r.Bytes(record.Filled)))
	return &Link{
		Status: string(r.Bytes(record.Status)), Reason: string(r.Bytes(record.Reason)), At: r.At,
		Gap: time.Duration(gap * float64(time.Second)), HasGap: r.Has(record.GapSeconds),
		Count: count, Attempt: attempt, Same: l.Same,
	}
}

// firstTime waits for the first item that moves a clock and returns its time, or
// that of the first item that has one if there is none within
// [recording.MaxHead] bytes. It takes nothing out of the queue.
func (q *queue) firstTime() (first time.Time) {
	var parser decode.Parser
	var s sorter
	var seen []*batch
	defer func() { q.untake(seen) }()
	for size := 0; size <= recording.MaxHead; {
		whole, _ := q.take()
		if whole == nil {
			break
		}
		b := whole.compacted()
		q.done(whole)
		seen = append(seen, b)
		size += max(brokenBytes, len(b.data))
		b.parse(&parser)
		if b.err != nil {
			s.head = recording.Head{}
			continue
		}
		for n := range b.len() {
			item := b.item(n)
			s.sort(&item)
			at, moves := s.clock(&item)
			if moves {
				return at
			}
			if first.IsZero() {
				first = at
			}
		}
	}
	return first
}

// brokenBytes is more memory than the report of a broken line takes.
const brokenBytes = 1 << 10

// A player gives the items of a Replay to its consumer when they are due.
type player struct {
	*Replay
	ctx          context.Context
	yield        func(Item, error) bool
	since, until time.Time // the period; zero for no limit
	sorter       sorter
	damaged      []error

	// The current file.
	file  int       // its index
	found bool      // a line was not broken
	start time.Time // when the action with the first stamp was due; zero before
	first time.Time // the first stamp since start
	last  time.Time // the stamp before
}

// play gives an item to the consumer, or ends the current file with its error.
func (p *player) play(item Item, err error) bool {
	if err != nil {
		p.end(err)
		return p.yield(item, nil)
	}
	p.sorter.sort(&item)
	p.found = p.found || item.Action != nil || item.Line != nil
	at, moves := p.sorter.clock(&item)
	item.Outside = !at.IsZero() && (at.Before(p.since) || !p.until.IsZero() && !at.Before(p.until))
	filledIn := item.Line != nil && item.Line.Kind == recording.KindHistory && at.Before(p.last)
	if !moves || filledIn || item.Outside || p.o.Speed <= 0 {
		return p.yield(item, nil)
	}
	wait, notice := p.wait(at)
	if notice != "" && !p.yield(Item{Notice: notice}, nil) {
		return false
	}
	if wait > 0 && !(p.yield(Item{}, nil) && sleep(p.ctx, wait)) {
		return false
	}
	return p.yield(item, nil)
}

// end ends the current file.
func (p *player) end(err error) {
	if errors.Is(err, io.EOF) && !p.found {
		err = ErrNoActions
	}
	if name := p.o.Files[p.file].Name; !errors.Is(err, io.EOF) && name != "" {
		err = fmt.Errorf("%s: %w", name, err)
	}
	if !errors.Is(err, io.EOF) {
		p.damaged = append(p.damaged, err)
	}
	p.file++
	p.found, p.start, p.last, p.sorter.head = false, time.Time{}, time.Time{}, recording.Head{}
}

// wait returns how long to wait before an action, so that actions are as far apart
// as their stamps, and what to tell the user.
func (p *player) wait(stamp time.Time) (wait time.Duration, notice string) {
	back := p.last.Sub(stamp)
	if p.start.IsZero() || back > maxBack {
		if !p.start.IsZero() {
			notice = "the stamps of the recording jump back by " + back.String() + ": its pace begins anew"
		}
		p.start, p.first = time.Now(), stamp
	}
	p.last = stamp
	after := min(float64(stamp.Sub(p.first))/p.o.Speed, math.MaxInt64/2)
	wait = time.Until(p.start.Add(time.Duration(after)))
	if wait > maxWait {
		notice = "the next action of the recording is due in " + wait.Round(time.Second).String() + ": waiting for one minute only"
		wait = maxWait
		p.start, p.first = time.Now().Add(wait), stamp
	}
	return wait, notice
}
