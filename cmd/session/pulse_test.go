package session

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// junk is what the tests' consumers find to be no action.
const junk = "?"

// heeds follows the source and says what was no action.
func heeds(t *testing.T, live *Live, each func(*log, Item) bool) *log {
	return follow(t.Context(), live, func(l *log, item Item) bool {
		if strings.HasPrefix(string(item.Frame), junk) {
			live.Broken()
		}
		return each(l, item)
	})
}

// junkUntil is junk every seven seconds, with actions at those times between,
// as [at] takes them. Each message is longer by pad bytes.
func junkUntil(end time.Duration, pad int, actions ...time.Duration) []any {
	var messages []any
	for now := 7 * sec; now <= end; now += 7 * sec {
		for len(actions) > 0 && actions[0] < now {
			messages = append(messages, actions[0], "action"+strings.Repeat(" ", pad))
			actions = actions[1:]
		}
		messages = append(messages, now, junk+strings.Repeat(" ", pad))
	}
	return messages
}

func TestOnlyActionsAreSignsOfLife(t *testing.T) {
	const minute, large = time.Minute, 40_000 // two to a slab, at the most
	pings := func(p *peer) {
		for ok := p.accept(); ok; ok = p.ping() {
			time.Sleep(7 * sec)
		}
	}
	for name, test := range map[string]struct {
		act     script
		blocked time.Duration // the consumer takes nothing for so long
		buffer  int
		lost    time.Duration
	}{
		"pings":                  {pings, 0, 0, minute},
		"junk":                   {at(junkUntil(30*minute, 0)...), 0, 0, minute},
		"junk after an action":   {at(junkUntil(30*minute, 0, 50*sec)...), 0, 0, 110 * sec},
		"junk between actions":   {at(junkUntil(30*minute, 0, 50*sec, 100*sec, 159*sec, 215*sec)...), 0, 0, 275 * sec},
		"junk, unread":           {at(junkUntil(10*minute, 0)...), 10 * minute, 0, 10 * minute},
		"an action, unread":      {at(junkUntil(30*minute, 0, 50*sec)...), 10 * minute, 0, 10 * minute},
		"a late action, unread":  {at(junkUntil(30*minute, 0, 50*sec, 571*sec)...), 10 * minute, 0, 631 * sec},
		"large ones, unread":     {at(junkUntil(30*minute, large, 50*sec, 571*sec)...), 10 * minute, 0, 631 * sec},
		"an action at last":      {at(append(junkUntil(590*sec, 0), 599*sec, "action")...), 10 * minute, 0, 659 * sec},
		"unread, and no more":    {at(junkUntil(70*sec, 0)...), 10 * minute, 0, 130 * sec},
		"unread and held back":   {at(junkUntil(10*minute, large)...), 10 * minute, 3 * large, 11 * minute},
		"a socket held back ago": {at(junkUntil(10*minute, large, 11*sec)...), 30 * sec, 2 * large, 90 * sec},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Buffer: test.buffer}, test.act)
				start := time.Now()
				l := heeds(t, live, func(l *log, _ Item) bool {
					if len(l.lines) == 1 {
						time.Sleep(test.blocked)
					}
					return true
				})
				lost := l.link(t, 1)
				if lost.Reason != silent || lost.Detail != "nothing received for 60s" {
					t.Errorf("%+v", lost)
				}
				if got := lost.At.Sub(start); got < test.lost || got > test.lost+lastLook {
					t.Errorf("lost after %v, not %v", got, test.lost)
				}
			})
		})
	}
}

func TestEverySocketHasItsOwnSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1}, at(junkUntil(time.Hour, 0)...))
		start := time.Now()
		l := heeds(t, live, func(l *log, _ Item) bool { return len(l.links) < 4 })
		restored, again := l.link(t, 2), l.link(t, 3)
		if d := again.At.Sub(restored.At); again.Reason != silent || d != time.Minute {
			t.Errorf("lost again after %v: %+v", d, again)
		}
		if gap := restored.At.Sub(start.Add(56 * sec)); restored.Gap != gap {
			t.Errorf("a gap of %v, not %v from the last frame on", restored.Gap, gap)
		}
	})
}

// TestPulse has frames come and be found broken at random, and compares the
// last sign of life with what is known of every single one.
func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(7, 2))
		q := newQueue(64 << 20)
		var came []time.Time // of each item; zero once it is known to be broken
		taken := 0
		for step := range 4_000 {
			time.Sleep(time.Millisecond)
			received := 20 + 20*(step/500%2) // the consumer keeps up, or does not
			switch what := random.IntN(100); {
			case step == 0 || what == 0:
				q.say(Item{Link: &Link{}})
				came = append(came, time.Now())
			case what < received:
				for range 1 + random.IntN(3) {
					q.receive(strings.NewReader(junk + strings.Repeat("x", random.IntN(1<<random.IntN(17)))))
					came = append(came, time.Now())
				}
				q.publish()
			case taken < len(came):
				item, _ := q.take()
				taken++
				if item.Link == nil && random.IntN(10) > 0 {
					q.broken()
					came[taken-1] = time.Time{}
				}
			}
			if got, want := q.lastSign(), slices.MaxFunc(came, time.Time.Compare); got != want {
				t.Fatalf("step %d: the last sign of life is %v, not %v", step, got, want)
			}
		}
	})
}

// meddler is a connection to which something happens just before a deadline of
// the future is set.
type meddler struct {
	net.Conn
	before   func()
	deadline time.Time
}

func (m *meddler) SetReadDeadline(at time.Time) error {
	if at.After(time.Now()) {
		m.before()
	}
	m.deadline = at
	return nil
}

func (m *meddler) SetWriteDeadline(time.Time) error { return nil }

func TestNoInterruptIsUndone(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(*socket)
		overdue bool
		left    time.Duration // until the deadline that is set at last
	}{
		"nothing":            {func(*socket) {}, false, 50 * sec},
		"it was no action":   {func(s *socket) { s.queue.broken() }, false, 20 * sec},
		"the socket is left": {func(s *socket) { s.leave(nil) }, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(1 << 20)
				for _, frame := range []string{"action", junk} {
					time.Sleep(30 * sec)
					q.receive(strings.NewReader(frame))
					q.publish()
					q.take()
				}
				time.Sleep(10 * sec)
				m := &meddler{}
				s := &socket{queue: q, silence: time.Minute, wire: &wire{Conn: m}, stopping: make(chan struct{})}
				m.before = func() { test.happens(s) }
				q.watch(s.interrupt)
				if got := s.overdue(); got != test.overdue {
					t.Errorf("overdue: %v", got)
				}
				if left := time.Until(m.deadline); !test.overdue && left != test.left {
					t.Errorf("the deadline is in %v, not %v", left, test.left)
				}
			})
		})
	}
}

func TestTheEndIsNotInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, func(p *peer) {
			p.mute = true
			if p.accept() && p.send(junk) {
				code := <-p.left
				time.Sleep(500 * time.Millisecond)
				p.write(appendFrame(nil, 0x88, []byte{byte(code >> 8), byte(code)}))
				<-p.gone
			}
		})
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		follow(ctx, live, func(l *log, item Item) bool {
			if item.Frame != nil {
				cancel()
				time.Sleep(100 * time.Millisecond)
				live.Broken()
			}
			return true
		})
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("the answer to the close frame was awaited for %v", took)
		}
	})
}
