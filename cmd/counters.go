package cmd

import (
	"sync/atomic"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// counters are what other goroutines see of the loop: counts since the start,
// and the connection map.
type counters struct {
	received, written, filtered, broken, filterErrors atomic.Int64
	// linked is the connection map as of the last flush.
	linked atomic.Pointer[[]record.Linked]
}

// snapshot returns the connection map as of the last flush.
func (c *counters) snapshot() []record.Linked {
	if linked := c.linked.Load(); linked != nil {
		return *linked
	}
	return nil
}

// count returns the counters as they stand, with what waits in the live source,
// if there is one.
func (c *counters) count(live *session.Live) format.Counters {
	counted := format.Counters{
		Received:     c.received.Load(),
		Written:      c.written.Load(),
		Filtered:     c.filtered.Load(),
		Broken:       c.broken.Load(),
		FilterErrors: c.filterErrors.Load(),
	}
	if live != nil {
		stats := live.Stats()
		counted.Queued, counted.LastHeard = int64(stats.Frames), stats.Heard
	}
	return counted
}
