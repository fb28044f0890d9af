package cmd

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A wait that began anew after the timer rang, which the loop had not come to,
// is not over before its own time; and it is over once.
func TestSettling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var nudges atomic.Int32
		s := settling{nudge: func() { nudges.Add(1) }}
		defer s.stop()
		expect := func(over bool, nudged int32) {
			t.Helper()
			synctest.Wait()
			if got, n := s.isOver(), nudges.Load(); got != over || n != nudged {
				t.Errorf("over: %v, want %v; %d nudges, want %d", got, over, n, nudged)
			}
		}
		expect(false, 0)
		s.begin()
		time.Sleep(settleTime)
		s.begin()
		expect(false, 1)
		time.Sleep(settleTime - 1)
		expect(false, 1)
		s.begin()
		time.Sleep(settleTime - 1)
		expect(false, 1)
		time.Sleep(time.Nanosecond)
		expect(true, 2)
		time.Sleep(time.Hour)
		expect(false, 2)
		s.begin()
		s.stop()
		time.Sleep(time.Hour)
		expect(false, 2)
	})
}
