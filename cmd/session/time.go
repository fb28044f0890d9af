package session

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstRetry = 2 * time.Second        // the longest pause before the first retry
	leastRetry = 100 * time.Millisecond // the shortest pause before any
)

// backoff returns how long to wait before the nth retry in a row, counted from
// 1: any time up to a limit that doubles from retry to retry, so that clients
// that lost their links together do not come back together.
func backoff(n int, most time.Duration) time.Duration {
	limit := firstRetry
	for ; n > 1 && limit < most; n-- {
		limit *= 2
	}
	limit = min(limit, most)
	if limit <= leastRetry {
		return limit
	}
	return leastRetry + rand.N(limit-leastRetry)
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// elapsed returns the time between two moments. The monotonic clock stands still
// while a machine sleeps, and the wall clock can be set: the larger one counts.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}
