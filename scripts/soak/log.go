//go:build linux

package main

import "time"

// A link is the service's log of a handshake that it granted, and of what followed.
// Times count from the start of the run.
type link struct {
	Fault    string        // how it ended
	Reasons  []string      // what restail may say about that; anything if there is none
	Granted  time.Duration // just before the handshake was answered
	Answered time.Duration // just after
	Actions  []action
	// From and To are the earliest and the latest time that record.md allows for the
	// beginning of the gap that follows.
	From, To time.Duration
}

// An action is one that was sent.
type action struct {
	ID      int
	End     int  // its last byte, counted from the beginning of the connection
	Arrived bool // the client's kernel has acknowledged it, or the client itself has
}

// A gap is what a restored record may state.
type gap struct{ least, most time.Duration }

const (
	// excess is how much longer than the log says a stated gap may be.
	excess = 500 * time.Millisecond
	// transit is how long an action may take to a client that does not confirm it.
	transit = 100 * time.Millisecond
	// rounding is that of gap_seconds.
	rounding = time.Millisecond
)

// gapBetween returns what restail may state when l follows on last.
func gapBetween(last, l *link) gap {
	return gap{l.Granted - last.To - rounding, l.Answered - last.From + excess}
}

// A problem is something that must not be, in a link or in the gap after it.
type problem struct {
	Link       int
	Kind, Text string
}

// The kinds of problems.
const (
	missing    = "missing"
	doubled    = "doubled"
	disordered = "disordered"
	wrongGap   = "gap"
	wrongCause = "reason"
	untimely   = "untimely"
	other      = "other"
)

var kinds = []string{missing, doubled, disordered, wrongGap, wrongCause, untimely, other}
