package serve

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/decode"
)

// never is a time that no show reaches.
const never = time.Duration(math.MaxInt64)

// timeline has the actions of a show and their times. A loop repeats them in rounds.
// Actions are numbered from 0, and the numbers go on through all rounds.
type timeline struct {
	actions []Action
	origin  time.Time     // the timestamp of the start; zero when no action has one
	length  time.Duration // from the start to the last action of a round
	round   time.Duration // from the start of a round to the next; 0 without a loop
}

func newTimeline(actions []Action, loop bool) *timeline {
	t := &timeline{actions: actions, origin: origin(actions)}
	if len(actions) > 0 {
		t.length = actions[len(actions)-1].At
		if loop {
			t.round = t.length.Truncate(time.Second) + 2*time.Second // whole seconds, since timestamps move by it
		}
	}
	return t
}

// has reports whether the show has an action n.
func (t *timeline) has(n int) bool { return n < len(t.actions) || t.round > 0 }

// at returns the time of action n.
func (t *timeline) at(n int) time.Duration { return t.roundStart(n) + t.actions[n%len(t.actions)].At }

// roundStart returns the time at which the round of action n begins.
func (t *timeline) roundStart(n int) time.Duration { return time.Duration(n/len(t.actions)) * t.round }

// frame returns action n as it was recorded.
func (t *timeline) frame(n int) []byte { return t.actions[n%len(t.actions)].Frame }

// firstAt returns the number of the first action at or after a time.
func (t *timeline) firstAt(at time.Duration) int {
	rounds := 0
	if t.round > 0 {
		rounds = int(at / t.round)
		at %= t.round
	}
	n, _ := slices.BinarySearchFunc(t.actions, at, func(a Action, at time.Duration) int { return cmp.Compare(a.At, at) })
	return rounds*len(t.actions) + n
}

// connections returns the connection set before action n: the last
// connection_info of every connection.
func (t *timeline) connections(n int) [][]byte {
	if n == 0 {
		return nil
	}
	var parser decode.Parser
	var action decode.Action
	d := decode.New()
	apply := func(actions []Action) {
		for _, a := range actions {
			if a.Relinked {
				d.Relink()
			}
			if parser.Parse(&action, a.Frame) == nil {
				d.Apply(&action, time.Time{})
			}
		}
	}
	if n >= len(t.actions) {
		apply(t.actions)
	}
	if t.has(n) {
		apply(t.actions[:n%len(t.actions)])
	}
	var set [][]byte
	for _, c := range d.Linked() {
		set = append(set, d.Frame(c.Identifier))
	}
	return set
}

// clock tells the time of a show. With an outage all clients share it, and the first
// one starts it. The outage is in the middle of the show, or of every round. At full
// speed the clock moves with the actions that are sent, and skips the outage.
//
// In this file a time.Duration is a time of the show, counted from its start, and a
// time.Time is a real time, unless a comment says otherwise. An hour of the show takes
// an hour divided by the speed in real time.
type clock struct {
	*timeline
	speed  float64
	outage time.Duration // 0: every client gets the whole show, from its own start

	mu    sync.Mutex
	start time.Time     // the zero time before the first client
	now   time.Duration // used at full speed only
	next  int           // the number of the next action; used at full speed only
}

// span is the part of a show for one client.
type span struct {
	start time.Time     // of the show
	from  time.Duration // the time of the show when the client connected
	next  int           // the first action
	cut   time.Duration // when the connection is cut, or never
}

// spanFor returns the part of the show for a client that connects at a time when there is
// no outage.
func (c *clock) spanFor(arrived time.Time) span {
	if c.outage == 0 {
		return span{start: arrived, cut: never}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.start.IsZero() {
		c.start = arrived
	}
	s := span{start: c.start, from: c.showTime(arrived), next: c.next}
	if c.speed > 0 {
		s.next = c.firstAt(s.from)
	}
	_, s.cut = c.outageAt(s.from)
	return s
}

// outageLeft returns how much longer the outage lasts, in real time; 0 when there is none.
func (c *clock) outageLeft(now time.Time) time.Duration {
	if c.outage == 0 || c.speed <= 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	left, _ := c.outageAt(c.showTime(now))
	return time.Duration(math.Ceil(float64(left) / c.speed))
}

// showTime returns the time of the show. The caller has locked c.mu.
func (c *clock) showTime(now time.Time) time.Duration {
	if c.start.IsZero() || c.speed <= 0 {
		return c.now
	}
	return time.Duration(min(float64(now.Sub(c.start))*c.speed, math.MaxInt64/4))
}

// shown returns how many actions the show has had by then, in all rounds. Without an
// outage each client has a time of its own, so that all actions count.
func (c *clock) shown(now time.Time) int {
	if c.outage == 0 {
		return len(c.actions)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.speed <= 0:
		return c.next
	case c.start.IsZero():
		return 0
	}
	return c.firstAt(c.showTime(now) + 1)
}

// outageAt returns how much of an outage is left at a time of the show, and when the next
// outage begins.
func (c *clock) outageAt(at time.Duration) (left, next time.Duration) {
	middle := max(c.length/2, 1) // not 0: if all actions are at 0, the outage comes after them
	switch {
	case at < middle:
		return 0, middle
	case c.round == 0:
		return max(0, middle+c.outage-at), never
	}
	// An outage that is longer than a round replaces those of the next rounds.
	period := c.round * (1 + c.outage/c.round)
	since := (at - middle) % period
	return max(0, c.outage-since), at - since + period
}

// sent moves the clock, at full speed, past an action that was sent.
func (c *clock) sent(n int) { c.move(c.at(n), n+1) }

// skip moves the clock, at full speed, past the outage that begins with a cut.
func (c *clock) skip(cut time.Duration) {
	end := cut + c.outage
	c.move(end, c.firstAt(end))
}

// move moves the clock forward to a time and the number of the next action.
func (c *clock) move(now time.Duration, next int) {
	if c.outage == 0 || c.speed > 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if next >= c.next && now >= c.now { // another client may be ahead
		c.now, c.next = now, next
	}
}
