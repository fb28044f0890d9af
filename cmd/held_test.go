package cmd

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTellHeld has a reader that stops and goes told as one episode.
func TestTellHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex // told from a timer's goroutine too
		var told []string
		tellHeld(func(yield func(bool) bool) {
			for range 100 {
				yield(true)
				time.Sleep(time.Second)
				yield(false)
				time.Sleep(heldOver / 2)
			}
			time.Sleep(heldOver)
			yield(true)
			yield(false)
			time.Sleep(2 * heldOver)
		}, func(what string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, what)
		})
		mu.Lock()
		defer mu.Unlock()
		if want := []string{heldNews, overNews, heldNews, overNews}; !slices.Equal(told, want) {
			t.Errorf("told after %v: %q", time.Since(start), told)
		}
	})
}
