//go:build linux

package main

import (
	"slices"
	"sync"
	"time"
)

// tardy is how late a tick must be to show that the machine had no time for anybody.
const tardy = 50 * time.Millisecond

// A stall is a time in which the machine stood still.
type stall struct{ from, to time.Duration }

var stalls struct {
	sync.Mutex
	list []stall
}

// watch notes when the machine stalls, until stop is closed.
func watch(stop <-chan struct{}) {
	tick := time.NewTicker(tardy / 5)
	defer tick.Stop()
	for last := time.Since(start); ; {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		now := time.Since(start)
		if now-last > tardy {
			stalls.Lock()
			stalls.list = append(stalls.list, stall{last, now})
			stalls.Unlock()
		}
		last = now
	}
}

// excused tells whether a problem is one of time, and the machine stalled between the
// handshakes before and after it. Nothing excuses an action that is missing.
func (s *service) excused(p problem) bool {
	if !slices.Contains([]string{wrongGap, wrongCause, untimely}, p.Kind) {
		return false
	}
	from, to := s.links[p.Link].Granted-heartbeatTimeout, s.now()
	if p.Link+1 < len(s.links) {
		to = s.links[p.Link+1].Answered + excess
	}
	stalls.Lock()
	defer stalls.Unlock()
	return slices.ContainsFunc(stalls.list, func(s stall) bool { return s.from < to && s.to > from })
}
