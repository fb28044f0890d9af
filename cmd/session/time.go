package session

import (
	"context"
	"fmt"
	"time"
)

// sleep waits, and returns false if ctx is done.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return ctx.Err() == nil
}

// elapsed returns the time between two moments, by the monotonic clock or the wall
// clock, whichever is longer. The monotonic clock stops while a machine sleeps, and
// the wall clock can be set.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// formatSeconds writes a timeout: 60s, not 1m0s.
func formatSeconds(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return d.String()
}
