//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// A line is one that restail wrote.
type line struct {
	Action  string   `json:"action"`
	EventID string   `json:"event_id,omitempty"`
	Status  string   `json:"status,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Gap     *float64 `json:"gap_seconds,omitempty"`
}

// read reads restail's output to its end.
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
	links    []*link
	linkOf   map[int]int // the link of an action
	times    map[int]int // how often an action was written
	latest   int         // action
	current  int         // link; -1 before the first
	up       bool
	gaps     int
	most     time.Duration // by which a stated gap exceeds the log's
	problems []problem
}

// check returns what is wrong with the output.
func check(links []*link, lines []line) *checker {
	c := &checker{links: links, linkOf: map[int]int{}, times: map[int]int{}, latest: -1, current: -1}
	for n, l := range links {
		for _, a := range l.Actions {
			c.linkOf[a.ID] = n
		}
	}
	lostFirst := false
	for _, l := range lines {
		switch {
		case l.Action == "event":
			c.event(l)
		case l.Action != "link":
			c.add(c.current, other, "unexpected line %s", l.Action)
		case l.Status == "lost" && c.current < 0 && !lostFirst:
			lostFirst = true // a link that was never up is lost once, too
		default:
			c.link(l)
		}
	}
	if c.current != len(links)-1 {
		c.add(len(links)-1, other, "%d handshakes were granted, the link was up %d times", len(links), c.current+1)
	}
	for n, l := range links {
		for _, a := range l.Actions {
			if a.Arrived && c.times[a.ID] == 0 {
				c.add(n, missing, "action %d has arrived and was not written", a.ID)
			}
		}
	}
	return c
}

func (c *checker) add(link int, kind, format string, args ...any) {
	c.problems = append(c.problems, problem{max(link, 0), kind, fmt.Sprintf(format, args...)})
}

func (c *checker) event(l line) {
	id, err := strconv.Atoi(l.EventID)
	link, known := c.linkOf[id]
	if err != nil || !known {
		c.add(c.current, other, "action %q was never sent in full", l.EventID)
		return
	}
	if c.times[id]++; c.times[id] > 1 {
		c.add(link, doubled, "action %d was written %d times", id, c.times[id])
	}
	if id < c.latest {
		c.add(link, disordered, "action %d was written after %d", id, c.latest)
	}
	c.latest = max(c.latest, id)
	if link != c.current || !c.up {
		c.add(link, disordered, "action %d was written while link %d was current, up: %v", id, c.current, c.up)
		c.current, c.up = link, true
	}
}

func (c *checker) link(l line) {
	switch l.Status {
	case "lost":
		if !c.up {
			c.add(c.current, other, "the link was lost twice")
		} else if want := c.links[c.current].Reasons; len(want) > 0 && !slices.Contains(want, l.Reason) {
			c.add(c.current, wrongCause, "the reason is %q, not one of %q", l.Reason, want)
		}
		c.up = false
	case "connected", "restored":
		if c.up || (l.Status == "connected") != (c.current < 0) {
			c.add(c.current, other, "unexpected status %q", l.Status)
		}
		if c.current+1 >= len(c.links) {
			c.add(c.current, other, "%s without a handshake", l.Status)
			return
		}
		c.current, c.up = c.current+1, true
		if c.current > 0 {
			c.gap(l)
		}
	default:
		c.add(c.current, other, "unexpected status %q", l.Status)
	}
}

// gap checks what a restored record states.
func (c *checker) gap(l line) {
	if l.Gap == nil {
		c.add(c.current-1, wrongGap, "no gap is stated")
		return
	}
	c.gaps++
	stated := time.Duration(*l.Gap * float64(time.Second)).Round(time.Millisecond)
	allowed := gapBetween(c.links[c.current-1], c.links[c.current])
	c.most = max(c.most, stated-allowed.most+excess)
	if stated < allowed.least || stated > allowed.most {
		c.add(c.current-1, wrongGap, "the gap is stated as %v and was %v to %v", stated,
			allowed.least.Round(time.Millisecond), (allowed.most - excess).Round(time.Millisecond))
	}
}
