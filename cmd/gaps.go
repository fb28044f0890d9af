package cmd

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
)

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
