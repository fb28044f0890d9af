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

// checker reads one recording and fills its report.
type checker struct {
	report
	parser  decode.Parser
	lines   recording.LineParser
	action  decode.Action
	decoder *decode.Decoder
	head    recording.Head
	gapList gapList
}

func newChecker(name string) *checker {
	return &checker{report: report{file: name}, decoder: decode.New()}
}

// read fills the report. It returns an error if the file is empty or not a recording, or
// if it could not be read to its end for another reason than being cut.
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
		case err == nil && c.checkLine(line):
			found = true
		case lines.IsOpen():
			c.cut = true
		default:
			c.broken++
		}
	}
	c.gaps, c.gapSeconds = c.gapList.total()
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

// checkLine counts a line. It returns false if the line is broken.
func (c *checker) checkLine(line []byte) bool {
	now := time.Now()
	var l *recording.Line
	if c.parser.Parse(&c.action, line) == nil {
		if !c.action.HasPayload() {
			l = c.lines.Record(line, now)
		}
		if l == nil {
			c.countAction(now)
			return true
		}
	} else if l = c.lines.Own(line, now); l == nil {
		return false
	}
	switch {
	case l.Kind == recording.KindUnrecorded:
		c.unrecorded += max(0, l.Actions)
		c.hasUnrecorded = true
		c.gapList.last = l.Record.At
	case string(l.Action()) == recording.KindLink:
		c.gapList.addLink(&l.Record)
		if l.Relinks() {
			c.decoder.Relink()
		}
	case l.MovesClock():
		c.countRecord(&l.Record, len(line), l.Kind == "", true)
	}
	return true
}

// countAction counts the action that the parser has read.
func (c *checker) countAction(now time.Time) {
	c.decoder.Apply(&c.action, now)
	_, stamped := c.action.Stamp()
	c.countRecord(c.decoder.Record(), len(c.action.Frame()), true, stamped)
}

// countRecord counts an action, or a message that was filled in from the chat history
// (isAction is false). stamped says whether it has a time of the service.
func (c *checker) countRecord(r *record.Record, size int, isAction, stamped bool) {
	action := r.Bytes(record.Action)
	if isAction {
		c.actions++
	}
	if inHead := c.head.Has(action, size); !inHead && stamped {
		c.moveClock(r.At, isAction)
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

// moveClock moves the clock of the recording to the time of a record. A message that was
// filled in is older than the lines around it.
func (c *checker) moveClock(at time.Time, isAction bool) {
	if c.first.IsZero() {
		c.first = at
	}
	if isAction || at.After(c.last) {
		c.last = at
	}
	if isAction {
		c.gapList.addAction(at)
	}
}

// nameSet is a set of names, in the order in which they were added.
type nameSet struct {
	list []any
	has  map[string]bool
}

// A hostile recording can have any number of names, of any length.
const (
	maxNames   = 1000
	maxNameLen = 200
)

// add adds a name, unless it is empty or too long, or the set is full.
func (s *nameSet) add(name []byte) {
	if len(name) == 0 || len(name) > maxNameLen || len(s.list) == maxNames || s.has[string(name)] {
		return
	}
	if s.has == nil {
		s.has = map[string]bool{}
	}
	s.has[string(name)] = true
	s.list = append(s.list, string(name))
}

// value returns the names, or nil if there are none.
func (s *nameSet) value() any {
	if s.list == nil {
		return nil
	}
	return s.list
}

// gapList collects the unfilled gaps of a recording. It reads the times of the actions,
// and the link records.
type gapList struct {
	gaps     []float64 // in seconds
	unfilled int       // how many of the first gaps are known to stay unfilled
	last     time.Time // of the last line that has a time
	wasUp    bool      // the link was up before
	isDown   bool      // the link is lost
	downFrom time.Time // the last time before it was lost
}

// addAction takes the time of an action.
func (g *gapList) addAction(at time.Time) { g.last, g.wasUp = at, true }

// addLink takes a link record.
func (g *gapList) addLink(r *record.Record) {
	at := r.At
	seconds, err := strconv.ParseFloat(string(r.Bytes(record.GapSeconds)), 64)
	stated := err == nil
	switch string(r.Bytes(record.Status)) {
	case session.Connected:
		if stated || g.wasUp {
			g.add(seconds, stated, at)
		}
		g.wasUp, g.isDown = true, false
	case session.Restored:
		g.add(seconds, stated, at)
		g.wasUp, g.isDown = true, false
	case session.Lost, session.Ended:
		if !g.isDown {
			g.isDown, g.downFrom = true, g.last
		}
	case session.Filled:
		if i := g.find(seconds); i >= 0 {
			g.gaps = slices.Delete(g.gaps, i, i+1)
		}
	case session.Unfilled:
		if i := g.find(seconds); i >= 0 {
			g.unfilled = i + 1
		}
	}
	g.last = at
}

// add adds a gap that ends at a time. A gap without stated seconds begins with the line
// before.
func (g *gapList) add(seconds float64, stated bool, at time.Time) {
	if !stated {
		from := g.last
		if g.isDown {
			from = g.downFrom
		}
		seconds = secondsBetween(from, at)
	}
	if seconds > 0 || !stated {
		g.gaps = append(g.gaps, seconds)
	}
}

// find returns the index of the first gap with that length whose outcome is unknown. It
// returns -1 if the gap is in another file. Gaps are filled in order, and the length
// identifies them.
func (g *gapList) find(seconds float64) int {
	i := slices.Index(g.gaps[g.unfilled:], seconds)
	if i < 0 {
		return -1
	}
	return g.unfilled + i
}

// total returns the number of gaps and their sum in seconds. A link that is still down
// is a gap too.
func (g *gapList) total() (count int, seconds float64) {
	for _, gap := range g.gaps {
		seconds += gap
	}
	count = len(g.gaps)
	if g.isDown {
		count++
		seconds += secondsBetween(g.downFrom, g.last)
	}
	return count, math.Round(seconds*1000) / 1000
}

// secondsBetween returns the seconds from one time to another, 0 if one is unknown.
func secondsBetween(from, to time.Time) float64 {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from).Seconds()
}
