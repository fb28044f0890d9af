package format

import (
	"fmt"
	"time"
)

// Counters are what a run has done so far.
type Counters struct {
	Received     int64     // frames, broken ones too
	Written      int64     // lines that stdout has taken
	Filtered     int64     // records that no line was written for
	Broken       int64     // frames that were no record
	FilterErrors int64     // records that the filter failed on
	Queued       int64     // frames received and not looked at yet
	LastHeard    time.Time // when the last frame came, zero before the first
}

// text says it in one line for people. A recording is not heard, so it says
// nothing of when.
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
