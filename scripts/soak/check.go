//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A link is the service's log of a granted handshake and of what followed.
type link struct {
	Run      int           // of restail, counted from 1
	Killed   time.Duration // when SIGKILL ended the run, perhaps before restail wrote that the link was up; 0 if it did not
	Fault    string        // what ended the link
	Reasons  []string      // that restail may give for the end; nil allows any
	Granted  time.Duration // just before the handshake was answered
	Answered time.Duration // just after it was answered
	Actions  []action
	// From and To are the earliest and the latest time at which the gap after this link may
	// begin.
	From, To time.Duration
}

// An action is an action that was sent.
type action struct {
	ID      int
	End     int           // how many bytes the connection had sent after it
	Sent    time.Duration // when it was written to the connection
	Arrived bool          // acknowledged by the client's kernel, or by the client itself
}

const (
	// excess is how much longer a stated gap may be than the one in the log.
	excess = 500 * time.Millisecond
	// transit is how long an action may be under way when no pong confirms it.
	transit = 100 * time.Millisecond
	// stamping is how long after the pong restail may take the time of an action.
	stamping = 10 * time.Millisecond
)

// A problem is something that restail did wrong in a link, or in the gap after it.
type problem struct {
	Link       int
	Kind, Text string
}

// The kinds of problems.
const (
	missing    = "missing"    // an action was not written
	doubled    = "doubled"    // an action was written twice
	disordered = "disordered" // an action was written after a later one, or not within its link
	wrongGap   = "gap"        // a stated gap is too short, too long or not there
	wrongCause = "reason"     // a link record has the wrong reason
	untimely   = "untimely"   // restail left too early or too late
	other      = "other"
)

var kinds = []string{missing, doubled, disordered, wrongGap, wrongCause, untimely, other}

// newRun is the action of a line that soak puts before the lines of each run.
const newRun = "a new run"

// A line has the fields to check of a record that restail wrote.
type line struct {
	Action  string   `json:"action"`
	EventID string   `json:"event_id,omitempty"`
	Text    string   `json:"text,omitempty"`
	History bool     `json:"is_history,omitempty"`
	Status  string   `json:"status,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Gap     *float64 `json:"gap_seconds,omitempty"`
}

// read reads records to the end of the output. A line that is not JSON becomes a line whose
// action is its quoted text.
func read(from io.Reader) (lines []line, err error) {
	in := bufio.NewScanner(from)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			l = line{Action: fmt.Sprintf("%.200q", in.Text())}
		}
		lines = append(lines, l)
	}
	return lines, in.Err()
}

// A checker compares restail's output with the service's log.
type checker struct {
	log     []*link
	linkOf  map[int]int // the link of each action
	written map[int]int // how often each action was written
	found   []problem

	// The state after the lines so far.
	latest  int  // the action with the highest number
	current int  // the link; -1 before the first one
	up      bool // the current link is up
	run     int  // counted from 1
	fresh   bool // no link was up in this run
	down    bool // a fresh run has reported that its link was lost

	// Totals.
	arrived    int           // actions
	gaps       int           // stated ones
	filledGaps int           // gaps that a record says were filled
	filled     int           // messages that were filled in
	maxExcess  time.Duration // the most by which a stated gap was longer than the one in the log
}

// check compares all lines of the output with the log. required is 0, or with --backfill
// the number of messages that were said: then all must be written, sent or not.
func check(log []*link, lines []line, required int) *checker {
	c := &checker{log: log, linkOf: map[int]int{}, written: map[int]int{}, latest: -1, current: -1, fresh: true}
	for n, l := range log {
		for _, a := range l.Actions {
			c.linkOf[a.ID] = n
		}
	}
	for _, l := range lines {
		switch {
		case l.Action == newRun:
			c.newRun()
		case l.Action == "event" && l.History:
			c.history(l, required)
		case l.Action == "event":
			c.event(l)
		case l.Action == "link" && l.Status == "filled":
			c.filledGaps++
		case l.Action == "link" && l.Status == "ended" && !c.up:
		case l.Action == "link" && l.Status == "lost":
			c.lost(l)
		case l.Action == "link" && (l.Status == "connected" || l.Status == "restored"):
			c.cameUp(l)
		default:
			c.add(c.current, other, "unexpected line %+v", l)
		}
	}
	if c.current != len(log)-1 {
		c.add(len(log)-1, other, "%d handshakes were granted, the link was up %d times", len(log), c.current+1)
	}
	if required > 0 && c.filledGaps != c.gaps {
		c.add(c.current, other, "%d of %d gaps were filled", c.filledGaps, c.gaps)
	}
	for n, l := range log {
		laterWritten := false
		for _, a := range slices.Backward(l.Actions) {
			if a.Arrived {
				c.arrived++
			}
			laterWritten = laterWritten || c.written[a.ID] > 0
			lost := l.Killed > 0 && !laterWritten // when the process was killed; the next gap contains it
			if a.Arrived && c.written[a.ID] == 0 && required == 0 && !lost {
				c.add(n, missing, "action %d has arrived and was not written", a.ID)
			}
		}
	}
	for id := range required {
		if c.written[id] == 0 {
			c.add(c.linkOf[id], missing, "message %d was said and not written", id)
		}
	}
	return c
}

func (c *checker) add(link int, kind, format string, args ...any) {
	c.found = append(c.found, problem{max(link, 0), kind, fmt.Sprintf(format, args...)})
}

// event checks an event that was received.
func (c *checker) event(l line) {
	id, err := strconv.Atoi(l.EventID)
	link, sent := c.linkOf[id]
	if err != nil || !sent {
		c.add(c.current, other, "action %q was never sent in full", l.EventID)
		return
	}
	c.count(id)
	if id < c.latest {
		c.add(link, disordered, "action %d was written after %d", id, c.latest)
	}
	c.latest = max(c.latest, id)
	if link != c.current || !c.up {
		c.add(link, disordered, "action %d was written while link %d was current, up: %v", id, c.current, c.up)
		c.current, c.up = link, true
	}
}

// history checks a message that was filled in.
func (c *checker) history(l line, required int) {
	id, err := strconv.Atoi(l.Text)
	if err != nil || id >= required {
		c.add(c.current, other, "message %q was never said", l.Text)
		return
	}
	c.filled++
	if c.written[id] == 0 || !c.unsaved(id) {
		c.count(id)
	}
}

// unsaved reports whether an action was written so soon before kill -9 that the state may
// not have it. Then the next run may fill it in again.
func (c *checker) unsaved(id int) bool {
	l := c.log[c.linkOf[id]]
	return l.Killed > 0 && slices.ContainsFunc(l.Actions, func(a action) bool { return a.ID == id && a.Sent > l.Killed-stateAge })
}

// count counts that an action was written.
func (c *checker) count(id int) {
	if c.written[id]++; c.written[id] > 1 {
		c.add(c.linkOf[id], doubled, "message %d was written %d times", id, c.written[id])
	}
}

// newRun begins a run. If the run before was killed before it could write that its last
// link was up, newRun skips that link: then the gap began before it.
func (c *checker) newRun() {
	c.run++
	c.fresh, c.up, c.down = true, false, false
	if next := c.current + 1; next > 0 && next < len(c.log) && c.log[next].Killed > 0 && c.log[next].Run < c.run {
		c.log[next].To = c.log[c.current].To
		c.current = next
	}
}

// lost checks the record of a lost link.
func (c *checker) lost(l line) {
	switch {
	case c.fresh && !c.down:
		c.down = true
	case !c.up:
		c.add(c.current, other, "the link was lost twice")
	case len(c.log[c.current].Reasons) > 0 && !slices.Contains(c.log[c.current].Reasons, l.Reason):
		c.add(c.current, wrongCause, "the reason is %q, not one of %q", l.Reason, c.log[c.current].Reasons)
	}
	c.up = false
}

// cameUp checks the record of a link that came up, and the gap that it states.
func (c *checker) cameUp(l line) {
	if c.up || (l.Status == "connected") != c.fresh || c.current == len(c.log)-1 {
		c.add(c.current, other, "unexpected status %q", l.Status)
		return
	}
	c.current, c.up, c.fresh = c.current+1, true, false
	if c.current == 0 {
		return
	}
	begin := c.current - 1 // the link in which the gap begins
	for l.Status == "connected" && begin >= 0 && c.log[begin].From == c.log[begin].Granted {
		begin-- // the state of an ended run has no links in which no action arrived
	}
	switch {
	case l.Gap == nil && begin < 0:
		return
	case l.Gap == nil:
		c.add(c.current-1, wrongGap, "no gap is stated")
		return
	}
	c.gaps++
	last, next := c.log[c.current-1], c.log[c.current]
	stated := time.Duration(*l.Gap * float64(time.Second)).Round(time.Millisecond)
	least, most := next.Granted-last.To-stamping, next.Answered-c.log[max(begin, 0)].From
	for _, a := range last.Actions {
		if c.written[a.ID] == 0 {
			least = max(least, next.Granted-a.Sent-transit-stamping)
			break
		}
	}
	c.maxExcess = max(c.maxExcess, stated-most)
	if stated < least || stated > most+excess {
		c.add(c.current-1, wrongGap, "the gap is stated as %v and was %v to %v", stated, least.Round(time.Millisecond), most.Round(time.Millisecond))
	}
}

// A stall is a period in which the machine did not run this process.
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

// excused reports whether a problem may come from the machine: it is about time, and the
// machine stalled between the handshakes before and after it. A missing action is never
// excused.
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
