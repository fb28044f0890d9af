package endpoint

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxRetryAfter is the longest wait that a server can ask for.
	maxRetryAfter = 24 * time.Hour
	// firstRetry is the longest pause before the first retry.
	firstRetry = 2 * time.Second
	// leastRetry is the shortest pause before a retry.
	leastRetry = 100 * time.Millisecond
)

// Backoff returns how long to wait before the nth retry in a row, counted from 1: a
// random time, so that clients that failed together do not retry together. Its limit
// doubles with every retry, and is never more than most.
func Backoff(n int, most time.Duration) time.Duration {
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

// RetryAfter parses a Retry-After header: seconds, or a date. 0 means no wait.
func RetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		wait = time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		wait = maxRetryAfter
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
