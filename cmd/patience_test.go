package cmd

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A program may go on for a second after the run was told to end, and so may
// each that begins after that.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loop, end := context.WithCancel(t.Context())
		var p patience
		before, done := p.with(loop)
		done()
		time.Sleep(time.Hour)
		again, done := p.with(loop)
		defer done()
		if again != before {
			t.Error("not the same context while the loop goes on")
		}
		end()
		time.Sleep(patient - 1)
		after, done := p.with(loop)
		defer done()
		if before.Err() != nil || after.Err() != nil {
			t.Errorf("after less than %v: %v, %v", patient, before.Err(), after.Err())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if before.Err() == nil || after.Err() != nil {
			t.Errorf("after %v: %v; of one that began later %v", patient, before.Err(), after.Err())
		}
		time.Sleep(patient)
		synctest.Wait()
		if after.Err() == nil {
			t.Error("one that began later goes on for ever")
		}
	})
}
