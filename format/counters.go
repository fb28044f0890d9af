package format

import (
	"fmt"
	"time"
)

// Counters count what a run has done so far.
type Counters struct {
	Received     int64     // frames, broken ones included
	Written      int64     // lines written to stdout
	Filtered     int64     // records without a line
	Broken       int64     // frames that are not actions
	FilterErrors int64     // records on which the filter failed
	Queued       int64     // frames received and not processed yet
	LastHeard    time.Time // when the last frame came; zero before the first, and in a replay
}

// text returns the counters in one line for people. A replay has no time at
// which it last heard something.
func (c Counters) text(now time.Time) string {
	heard := ""
	switch {
	case !c.LastHeard.IsZero():
		heard = ", last heard " + duration(now.Sub(c.LastHeard)) + " ago"
	case c.Received == 0:
		heard = ", nothing heard yet"
	}
	return fmt.Sprintf("received %d, written %d, filtered %d, broken %d, filter errors %d, queued %d%s",
		c.Received, c.Written, c.Filtered, c.Broken, c.FilterErrors, c.Queued, heard)
}
