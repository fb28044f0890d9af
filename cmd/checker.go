package cmd

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// A checker reads one recording.
type checker struct {
	report
	parser  decode.Parser
	lines   recording.LineParser
	action  decode.Action
	decoder *decode.Decoder
	head    recording.Head
	outages gapList
}

func newChecker(name string) *checker {
	return &checker{report: report{file: name}, decoder: decode.New()}
}

// read fills the report. The error says that the file is empty or no recording, or
// why it could not be read to its end, unless that is because it is cut.
func (c *checker) read(ctx context.Context, in io.Reader, maxLine int) error {
	lines := recording.NewReader(in, maxLine)
	found := false
	var err error
	for ctx.Err() == nil {
		var line []byte
		if line, err = lines.Read(); err != nil && !errors.Is(err, recording.ErrTooLong) {
			break
		}
		switch {
		case err == nil && c.take(line):
			found = true
		case lines.IsOpen():
			c.cut = true
		default:
			c.broken++
		}
	}
	c.gaps, c.gapSeconds = c.outages.total()
	switch {
	case errors.Is(err, io.EOF) && found:
		return nil
	case errors.Is(err, io.EOF) && lines.IsBlank():
		return session.ErrEmpty
	case errors.Is(err, io.EOF):
		return session.ErrNoActions
	}
	c.cut = true
	if errors.Is(err, recording.ErrCut) {
		return nil
	}
	return err
}

// take counts a line. It returns false for one that is broken.
func (c *checker) take(line []byte) bool {
	now := time.Now()
	var l *recording.Line
	if c.parser.Parse(&c.action, line) == nil {
		if !c.action.HasPayload() {
			l = c.lines.Record(line, now)
		}
		if l == nil {
			c.takeAction(now)
			return true
		}
	} else if l = c.lines.Own(line, now); l == nil {
		return false
	}
	switch {
	case l.Kind == recording.KindUnrecorded:
		c.unrecorded += max(0, l.Actions)
		c.holes = true
		c.outages.last = l.Record.At
	case string(l.Action()) == recording.KindLink:
		c.outages.link(&l.Record)
		if l.Relinks() {
			c.decoder.Relink()
		}
	case l.MovesClock():
		c.takeRecord(&l.Record, len(line), l.Kind == "", true)
	}
	return true
}

func (c *checker) takeAction(now time.Time) {
	c.decoder.Apply(&c.action, now)
	_, stamped := c.action.Stamp()
	c.takeRecord(c.decoder.Record(), len(c.action.Frame()), true, stamped)
}

// takeRecord counts an action, or a message that was filled in from the chat history
// (isAction is false). stamped is whether it carries a time of the service.
func (c *checker) takeRecord(r *record.Record, size int, isAction, stamped bool) {
	action := r.Bytes(record.Action)
	if isAction {
		c.actions++
	}
	if inHead := c.head.Has(action, size); !inHead && stamped {
		c.takeTime(r.At, isAction)
	}
	c.platforms.add(r.Bytes(record.Platform))
	switch string(action) {
	case "event":
		c.events++
		c.broadcasts.add(r.Bytes(record.BroadcastID))
	case "reply_created":
		c.broadcasts.add(r.Bytes(record.BroadcastID))
	}
}

// takeTime moves the clock of the recording. Messages that were filled in are older
// than what surrounds them.
func (c *checker) takeTime(at time.Time, isAction bool) {
	if c.first.IsZero() {
		c.first = at
	}
	if isAction || at.After(c.last) {
		c.last = at
	}
	if isAction {
		c.outages.action(at)
	}
}

// names are different words, in the order in which they were added.
type names struct {
	list []any
	has  map[string]bool
}

// The limits of names: a recording may be hostile.
const (
	maxNames = 1000
	maxName  = 200
)

// add adds a word, unless it is empty, or there are too many.
func (n *names) add(word []byte) {
	if len(word) == 0 || len(word) > maxName || len(n.list) == maxNames || n.has[string(word)] {
		return
	}
	if n.has == nil {
		n.has = map[string]bool{}
	}
	n.has[string(word)] = true
	n.list = append(n.list, string(word))
}

func (n *names) value() any {
	if n.list == nil {
		return nil
	}
	return n.list
}

// gapList collects the gaps of a recording that were not filled.
type gapList struct {
	gaps  []float64 // in seconds
	kept  int       // the first gaps, about which it was said that they are not filled
	last  time.Time // of the last line that tells the time
	ran   bool      // the link was up before
	down  bool      // the link is lost
	since time.Time // the last line before that
}

// action takes the time of an action of the service.
func (g *gapList) action(at time.Time) { g.last, g.ran = at, true }

// link takes a link record.
func (g *gapList) link(r *record.Record) {
	at := r.At
	seconds, err := strconv.ParseFloat(string(r.Bytes(record.GapSeconds)), 64)
	stated := err == nil
	switch string(r.Bytes(record.Status)) {
	case session.Connected:
		if stated || g.ran {
			g.add(seconds, stated, at)
		}
		g.ran, g.down = true, false
	case session.Restored:
		g.add(seconds, stated, at)
		g.ran, g.down = true, false
	case session.Lost, session.Ended:
		if !g.down {
			g.down, g.since = true, g.last
		}
	case session.Filled:
		g.fill(seconds)
	case session.Unfilled:
		if i := slices.Index(g.gaps[g.kept:], seconds); i >= 0 {
			g.kept += i + 1
		}
	}
	g.last = at
}

// add adds a gap that ends at that time. One that is not stated begins with the
// line before.
func (g *gapList) add(seconds float64, stated bool, at time.Time) {
	if !stated {
		since := g.last
		if g.down {
			since = g.since
		}
		seconds = between(since, at)
	}
	if seconds > 0 || !stated {
		g.gaps = append(g.gaps, seconds)
	}
}

// between returns the seconds from one time to another, 0 when one is not known.
func between(from, to time.Time) float64 {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from).Seconds()
}

// fill takes back the gap that was filled: gaps are filled in their order, and
// news of one repeats how long it was. It can be about a gap in another file.
func (g *gapList) fill(seconds float64) {
	if i := slices.Index(g.gaps[g.kept:], seconds); i >= 0 {
		g.gaps = slices.Delete(g.gaps, g.kept+i, g.kept+i+1)
	}
}

// total returns the number of gaps and their sum in seconds. A link that is still
// lost is a gap too.
func (g *gapList) total() (count int, seconds float64) {
	for _, gap := range g.gaps {
		seconds += gap
	}
	count = len(g.gaps)
	if g.down {
		count++
		seconds += between(g.since, g.last)
	}
	return count, math.Round(seconds*1000) / 1000
}
