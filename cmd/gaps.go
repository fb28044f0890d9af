package cmd

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
)

// gapCounter counts the gaps of a recording that stay unfilled. It reads the link
// records, and the times of the other lines.
type gapCounter struct {
	count   int
	seconds float64
	pending []float64 // the lengths of the gaps that a later line can fill
	last    time.Time // the time of the last line that has one
	wasUp   bool      // the link was up before
	isDown  bool      // the link is lost
	downAt  time.Time // the time of the last line before it was lost
}

// maxPending limits the gaps that are searched for each filled one. A hostile recording
// can have any number.
const maxPending = 1000

// addLink takes a link record. A later record with the same length says whether a gap was
// filled. If no pending gap has that length, the gap is in another file.
func (g *gapCounter) addLink(r *record.Record) {
	seconds, err := strconv.ParseFloat(string(r.Bytes(record.GapSeconds)), 64)
	switch status := string(r.Bytes(record.Status)); status {
	case session.Connected, session.Restored:
		isGap := seconds > 0
		if err != nil { // not stated
			seconds = g.secondsUntil(r.At)
			isGap = g.wasUp || status == session.Restored
		}
		if isGap {
			g.pending = append(g.pending, seconds)
			g.countUnfilled(len(g.pending) - maxPending)
		}
		g.wasUp, g.isDown = true, false
	case session.Lost, session.Ended:
		if !g.isDown {
			g.isDown, g.downAt = true, g.last
		}
	case session.Filled:
		if i := slices.Index(g.pending, seconds); i >= 0 {
			g.pending = slices.Delete(g.pending, i, i+1)
		}
	case session.Unfilled: // gaps are filled in order
		g.countUnfilled(slices.Index(g.pending, seconds) + 1)
	}
	g.last = r.At
}

// secondsUntil returns the seconds from the last line before the link was lost, or else
// from the last line. It returns 0 if its time is not known or is later.
func (g *gapCounter) secondsUntil(at time.Time) float64 {
	from := g.last
	if g.isDown {
		from = g.downAt
	}
	if from.IsZero() || at.Before(from) {
		return 0
	}
	return at.Sub(from).Seconds()
}

// countUnfilled counts the first n pending gaps, which stay unfilled.
func (g *gapCounter) countUnfilled(n int) {
	for ; n > 0; n-- {
		g.count++
		g.seconds += g.pending[0]
		g.pending = g.pending[1:]
	}
}

// end counts what is left. A link that is still down is a gap too.
func (g *gapCounter) end() {
	g.countUnfilled(len(g.pending))
	if g.isDown {
		g.count++
		g.seconds += g.secondsUntil(g.last)
	}
	g.seconds = math.Round(g.seconds*1000) / 1000
}
