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
