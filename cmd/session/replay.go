package session

import (
	"cmp"
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
	// Files are the recordings. They are replayed in order, as one stream.
	Files []File
	// Speed multiplies the recorded pace; 0 is as fast as possible.
	Speed float64
	// Period returns the wanted part of the stream, given the time of the first action: from
	// since up to, but not including, until. A zero time is no limit, and so is a nil
	// Period. Items outside of the part are yielded too, without any wait.
	Period func(first time.Time) (since, until time.Time)
	// MaxFrame is the size in bytes of the largest frame; default 16 MiB.
	MaxFrame int
}

// A File is a recording: one action a line, gzipped or not.
type File struct {
	// Name is its name in errors; "" for none.
	Name string
	R    io.Reader
}

// A TooLongError is about a line that is longer than the largest frame.
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
	return fmt.Sprintf("line %d%s is longer than the limit of %s (--max-frame)", e.Line, of, formatSize(e.Limit))
}

var (
	// ErrNoActions is the error for a recording in which no line is an action, a
	// record, or one of restail's own.
	ErrNoActions = errors.New("no line of the recording is an action")
	// ErrEmpty is the error for a recording that has only blank lines.
	ErrEmpty = errors.New("the recording is empty")
)

const (
	// maxBack is how far a stamp may be earlier than the last one: a service with many
	// hosts does not stamp in perfect order. If a stamp is even earlier, another recording
	// begins there.
	maxBack = time.Minute
	// maxWait is the longest wait for one action.
	maxWait = time.Minute
)

// A Replay is a [Source] whose items are the lines of recordings. Range over its items
// only once.
type Replay struct {
	o     ReplayOptions
	queue *queue

	// The fields below belong to the goroutine of the consumer.
	ctx          context.Context
	yield        func(Item, error) bool
	since, until time.Time // the period; zero for no limit
	classifier   classifier
	fileErrors   []error // of the files that could not be read to their end or had no actions

	// Of the current file.
	file       int       // its index
	foundLine  bool      // a line was not broken
	start      time.Time // when the item with firstStamp was due; zero until then
	firstStamp time.Time // the stamp that the pace counts from
	lastStamp  time.Time // of the last item that kept the pace
}

// NewReplay makes a Replay. It reads when the range over its items begins.
func NewReplay(o ReplayOptions) *Replay {
	o.MaxFrame = cmp.Or(o.MaxFrame, defaultMaxFrame)
	return &Replay{o: o, queue: newQueue(runAhead)}
}

// Items implements [Source]. A line longer than MaxFrame is a Broken item. If some
// recordings cannot be read to their end, Items yields what could be read of all of
// them, then one error; see also [ErrNoActions] and [recording.FormatError]. When ctx
// is done, Items does not wait any more: items that are not due yet are left out, and if
// a read of a file does not return, a goroutine stays in that read.
func (r *Replay) Items(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		context.AfterFunc(ctx, func() { r.queue.close(nil) })
		reader := fileReader{queue: r.queue, maxFrame: r.o.MaxFrame, batch: r.queue.get()}
		go func() {
			for _, file := range r.o.Files {
				if ctx.Err() == nil {
					reader.read(ctx, file)
				}
			}
			r.queue.close(nil)
		}()
		r.ctx, r.yield = ctx, yield
		if r.o.Period != nil {
			if first := r.firstTime(); !first.IsZero() {
				r.since, r.until = r.o.Period(first)
			}
		}
		if r.queue.items(r.play) && r.fileErrors != nil && ctx.Err() == nil {
			yield(Item{}, errors.Join(r.fileErrors...))
		}
	}
}

// A fileReader reads the lines of recordings as frames, parses them, and puts them
// into the queue.
type fileReader struct {
	queue    *queue
	maxFrame int
	in       io.Reader // the current file
	parser   decode.Parser
	batch    *batch
}

// read reads a recording. After its lines it puts the error that ended the reading into
// the queue: io.EOF when nothing is wrong.
func (r *fileReader) read(ctx context.Context, file File) {
	r.in = file.R
	lines := recording.NewReader(r, r.maxFrame)
	for ctx.Err() == nil {
		line, err := lines.Read()
		switch {
		case err == nil:
			if r.batch.add(line); r.batch.isFull() {
				r.handOver()
			}
		case errors.Is(err, recording.ErrTooLong):
			r.handOver()
			tooLong := &TooLongError{file.Name, lines.Line(), r.maxFrame}
			r.queue.put(&batch{received: time.Now(), other: &Item{Broken: tooLong}})
		default:
			r.handOver()
			if errors.Is(err, io.EOF) && lines.IsBlank() {
				err = ErrEmpty
			}
			r.queue.put(&batch{received: time.Now(), other: &Item{}, err: err})
			return
		}
	}
}

// Read reads from the current file for the [recording.Reader]. Since that may wait, Read
// first hands over the lines so far.
func (r *fileReader) Read(p []byte) (int, error) {
	r.handOver()
	return r.in.Read(p)
}

// handOver parses the lines so far and puts them into the queue.
func (r *fileReader) handOver() {
	if len(r.batch.ends) > 0 {
		r.batch.received = time.Now()
		r.batch.parse(&r.parser)
		r.queue.put(r.batch)
		r.batch = r.queue.get()
	}
}

// A classifier finds out what each line of a recording is, and whether it moves the
// clock. The clock of a recording is the time of its last line with a stamp of the
// service. The pace follows the clock, and the recording begins when the clock is first
// set. The connection set in a [recording.Head] does not move the clock.
type classifier struct {
	lines recording.LineParser
	head  recording.Head
	wasUp bool // the link was up once
}

// classify sets the Line, Link and Frame of an item that is not an action. It returns
// the time of the item, zero when it has none, and whether the item moves the clock.
func (c *classifier) classify(item *Item) (at time.Time, moves bool) {
	switch {
	case item.Action != nil:
		c.wasUp = true                 // or there would be no action
		if !item.Action.HasPayload() { // an ndjson record has no payload
			item.Line = c.lines.Record(item.Action.Frame(), item.Received)
		}
	case item.Frame != nil:
		item.Line = c.lines.Own(item.Frame, item.Received)
	}
	switch {
	case item.Line != nil:
		if item.Action != nil {
			item.Frame = item.Action.Frame()
		}
		item.Action, item.Broken = nil, nil
		if string(item.Line.Action()) == recording.KindLink {
			item.Link = linkOf(item.Line)
			item.Link.NeverUp = item.Link.Status == Lost && !c.wasUp
			c.wasUp = c.wasUp || item.Link.Status == Connected || item.Link.Status == Restored
		}
		return item.Line.Record.At, item.Line.MovesClock() && !c.head.Has(item.Line.Action(), len(item.Frame))
	case item.Action != nil:
		at, moves = item.Action.Stamp()
		if !moves {
			at = time.Unix(item.Received.Unix(), 0)
		}
		return at, !c.head.Has(item.Action.Name(), len(item.Action.Frame())) && moves
	}
	return time.Time{}, false
}

// linkOf returns the link event in a line of a recording.
func linkOf(l *recording.Line) *LinkEvent {
	r := &l.Record
	gap, _ := strconv.ParseFloat(string(r.Bytes(record.GapSeconds)), 64)
	attempt, _ := strconv.Atoi(string(r.Bytes(record.Attempt)))
	count, _ := strconv.Atoi(string(r.Bytes(record.Filled)))
	return &LinkEvent{
		Status: string(r.Bytes(record.Status)), Reason: string(r.Bytes(record.Reason)), At: r.At,
		Gap: time.Duration(gap * float64(time.Second)), HasGap: r.Has(record.GapSeconds),
		Count: count, Attempt: attempt, SameSocket: l.SameSocket,
	}
}

// firstTime waits for the first item that moves the clock and returns its time. If no
// item in the first [recording.MaxHead] bytes does, firstTime returns the first time that
// an item has. It puts back into the queue what it took.
func (r *Replay) firstTime() (first time.Time) {
	var parser decode.Parser
	var c classifier
	var seen []*batch
	defer func() { r.queue.putBack(seen) }()
	for size := 0; size <= recording.MaxHead; {
		taken, _ := r.queue.take()
		if taken == nil {
			break
		}
		b := taken.compacted()
		r.queue.done(taken)
		seen = append(seen, b)
		size += max(itemBytes, len(b.data))
		if b.err != nil {
			c.head = recording.Head{}
		}
		b.parse(&parser)
		for n := range b.len() {
			item := b.item(n)
			at, moves := c.classify(&item)
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

// itemBytes is what a batch counts for in firstTime at least, since one without frames
// takes memory too.
const itemBytes = 1 << 10

// play yields an item when it is due. err, if not nil, is the error that ended a file.
func (r *Replay) play(item Item, err error) bool {
	if err != nil {
		r.end(err)
		return r.yield(item, nil)
	}
	at, moves := r.classifier.classify(&item)
	r.foundLine = r.foundLine || item.Action != nil || item.Line != nil
	item.Outside = !at.IsZero() && (at.Before(r.since) || !r.until.IsZero() && !at.Before(r.until))
	filledIn := item.Line != nil && item.Line.IsFilledIn() && at.Before(r.lastStamp)
	if !moves || filledIn || item.Outside || r.o.Speed <= 0 {
		return r.yield(item, nil)
	}
	wait, notice := r.wait(at)
	if notice != "" && !r.yield(Item{Notice: notice}, nil) {
		return false
	}
	if wait > 0 && !(r.yield(Item{}, nil) && sleep(r.ctx, wait)) { // the tick lets the consumer flush its output
		return false
	}
	return r.yield(item, nil)
}

// end ends the current file. err is what ended it: end keeps it for Items unless it is
// the usual io.EOF.
func (r *Replay) end(err error) {
	if errors.Is(err, io.EOF) && !r.foundLine {
		err = ErrNoActions
	}
	if name := r.o.Files[r.file].Name; name != "" {
		err = fmt.Errorf("%s: %w", name, err)
	}
	if !errors.Is(err, io.EOF) {
		r.fileErrors = append(r.fileErrors, err)
	}
	r.file++
	r.foundLine, r.start, r.lastStamp, r.classifier.head = false, time.Time{}, time.Time{}, recording.Head{}
}

// wait returns how long to wait before the item with that stamp, to keep the pace. notice
// is a message for the user, "" for none.
func (r *Replay) wait(stamp time.Time) (wait time.Duration, notice string) {
	back := r.lastStamp.Sub(stamp)
	if r.start.IsZero() || back > maxBack {
		if !r.start.IsZero() {
			notice = "the time stamps of the recording jump back by " + back.String() + ": the pace starts again from there"
		}
		r.start, r.firstStamp = time.Now(), stamp
	}
	r.lastStamp = stamp
	sinceStart := min(float64(stamp.Sub(r.firstStamp))/r.o.Speed, math.MaxInt64/2)
	wait = time.Until(r.start.Add(time.Duration(sinceStart)))
	if wait > maxWait {
		notice = "the next action of the recording is due in " + wait.Round(time.Second).String() + ": waiting only one minute"
		wait = maxWait
		r.start, r.firstStamp = time.Now().Add(wait), stamp
	}
	return wait, notice
}
