package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode"
)

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

// lineReader makes frames of the lines of recordings, and puts them into the
// queue.
type lineReader struct {
	*Replay
	ctx    context.Context
	parser decode.Parser
	batch  *batch
	sorter sorter
	found  bool      // a line of the file was not broken
	held   int       // bytes that were put into the queue while the first action was not known
	other  time.Time // of the first item that is not the first action
	known  bool      // the first action is known
}

// read puts the recordings into the queue, until their end or until ctx is done.
// The error is about all those that are damaged.
func (r *Replay) read(ctx context.Context) error {
	l := &lineReader{Replay: r, ctx: ctx, batch: r.queue.get(), known: r.o.Period == nil}
	var damaged []error
	for _, file := range r.o.Files {
		if err := l.readFile(file); err != nil && ctx.Err() == nil {
			damaged = append(damaged, named(file.Name, err))
		}
	}
	l.setFirst(l.other)
	return errors.Join(damaged...)
}

func named(file string, err error) error {
	if file == "" {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}

// readFile puts one recording into the queue.
func (l *lineReader) readFile(file File) error {
	l.queue.say(Item{begins: true, Received: time.Now()})
	l.sorter.begin()
	l.found = false
	lines := recording.NewReader(&hookedReader{file.R, l.handOver}, l.o.MaxFrame)
	for l.ctx.Err() == nil {
		line, err := lines.Read()
		switch {
		case errors.Is(err, recording.ErrTooLong):
			l.handOver()
			l.putBroken(&TooLongError{file.Name, lines.Line(), l.o.MaxFrame})
		case err != nil:
			l.handOver()
			return l.verdict(err, lines.IsBlank())
		default:
			if l.batch.add(line); l.batch.isFull() {
				l.handOver()
			}
		}
	}
	return nil
}

// verdict returns what is wrong with a recording whose reading ended with err.
func (l *lineReader) verdict(err error, blank bool) error {
	switch {
	case !errors.Is(err, io.EOF):
		return err
	case blank:
		return ErrEmpty
	case !l.found:
		return ErrNoActions
	}
	return nil
}

// hookedReader calls beforeRead before each read, which may have to wait.
type hookedReader struct {
	io.Reader
	beforeRead func()
}

func (h *hookedReader) Read(p []byte) (int, error) {
	h.beforeRead()
	return h.Reader.Read(p)
}

// handOver parses what was collected and puts it into the queue.
func (l *lineReader) handOver() {
	if len(l.batch.ends) == 0 {
		return
	}
	l.batch.received = time.Now()
	l.batch.parse(&l.parser)
	l.look()
	if !l.known { // the consumer may wait for the first action, and take nothing
		l.queue.putAtOnce(l.batch.compacted())
		l.batch.reset()
		return
	}
	l.queue.put(l.ctx, l.batch)
	l.batch = l.queue.get()
}

// putBroken reports a line that is not a frame.
func (l *lineReader) putBroken(err error) {
	b := &batch{received: time.Now(), other: &Item{Broken: err}}
	if l.known {
		l.queue.put(l.ctx, b)
		return
	}
	l.queue.putAtOnce(b)
	if l.held += brokenBytes; l.held > recording.MaxHead {
		l.setFirst(l.other)
	}
}

// brokenBytes is more memory than the report of a broken line takes.
const brokenBytes = 1 << 10

// look looks at what was parsed for a line that is not broken, and for the first
// action.
func (l *lineReader) look() {
	if l.found = l.found || l.batch.actions; l.found && l.known {
		return
	}
	for n := range l.batch.parsed {
		item := l.batch.item(n)
		l.sorter.sort(&item)
		l.found = l.found || item.Broken == nil
		if l.known {
			continue
		}
		at, moves := l.sorter.clock(&item)
		if moves {
			l.setFirst(at)
		} else if l.other.IsZero() {
			l.other = at
		}
	}
	if l.held += len(l.batch.data); l.held > recording.MaxHead {
		l.setFirst(l.other)
	}
}

// setFirst makes the time of the first action known. Only the first call counts.
func (l *lineReader) setFirst(at time.Time) {
	if !l.known {
		l.known = true
		l.firstAt = at
		close(l.first)
	}
}

// A sorter tells what the lines of a file are that are not actions, and which of
// them move a clock.
type sorter struct {
	lines recording.LineParser
	head  recording.Head
	up    bool // the link was up once
}

// begin begins another file.
func (s *sorter) begin() { s.head = recording.Head{} }

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
