//go:build linux

package main

import (
	"slices"
	"sync"
	"time"
)

// A stall is a time in which the machine did not let this process run.
type stall struct{ from, to time.Duration }

var stalls struct {
	sync.Mutex
	list []stall
}

// watchMachine notes every stall of more than 50 ms.
func watchMachine() {
	last := time.Since(start)
	for range time.Tick(10 * time.Millisecond) {
		now := time.Since(start)
		if now-last > 60*time.Millisecond {
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
