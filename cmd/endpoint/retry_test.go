package endpoint

import (
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":     0,
		"0":    0,
		"17":   17 * time.Second,
		" 17 ": 17 * time.Second,
		"-5":   0,
		"1.5":  0,
		"soon": 0,

		"9999999999":           24 * time.Hour,
		"99999999999999999999": 24 * time.Hour,

		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second,
		"Fri, 02 Jan 2026 03:04:00 GMT": 0, // it is over
		"Sat, 02 Jan 2027 03:04:05 GMT": 24 * time.Hour,
	} {
		if got := RetryAfter(header, now); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

// Any pause up to a limit is possible, and none beyond it.
func TestBackoff(t *testing.T) {
	for _, test := range []struct {
		n            int
		most         time.Duration
		least, limit time.Duration
	}{
		{1, time.Minute, 100 * time.Millisecond, 2 * time.Second},
		{2, time.Minute, 100 * time.Millisecond, 4 * time.Second},
		{5, time.Minute, 100 * time.Millisecond, 32 * time.Second},
		{1000, time.Minute, 100 * time.Millisecond, time.Minute},
		{1, time.Second, 100 * time.Millisecond, time.Second},
		{1, 100 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond},
		{7, time.Millisecond, time.Millisecond, time.Millisecond},
	} {
		longest := time.Duration(0)
		for range 1000 {
			wait := Backoff(test.n, test.most)
			if wait < test.least || wait > test.limit {
				t.Fatalf("retry %d waits %v", test.n, wait)
			}
			longest = max(longest, wait)
		}
		if longest < test.limit/2 {
			t.Errorf("retry %d waits %v at most", test.n, longest)
		}
	}
}
