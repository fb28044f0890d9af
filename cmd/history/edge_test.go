package history

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestGapBetweenRuns checks that the messages at the end of a run are there in the
// next one: those that were received and those that were filled in.
func TestGapBetweenRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(epoch.Add(5 * time.Second)))
		history := []string{"4 twitch/foo ann older", "9 twitch/foo ann missed", "10 twitch/foo ann hi"}
		c := play(t, 1, nil, history...)
		c.Connected(time.Now())
		c.note("5 heartbeat")
		c.outage(time.Second)
		c.note("10 twitch/foo ann hi#" + showA)
		c.rest(10 * time.Second)
		c.Handled()
		edge := c.Edge(c.last)
		c.end()
		expect(t, c.log, "6s a 9 twitch/foo ann missed")

		c = play(t, 1, edge, history...)
		c.Restored(time.Now(), 10*time.Second)
		c.note("5 connection_info")
		c.Handled()
		edge = c.Edge(time.Now()) // of a run that saw nothing
		c.end()

		c = play(t, 1, edge, append(history, "11 twitch/foo ann between", "12 twitch/foo ann back")...)
		c.Restored(time.Now(), 10*time.Second)
		c.note("5 connection_info", "12 twitch/foo ann back")
		c.rest(time.Minute)
		c.end()
		expect(t, c.api.asked, "5s a from 8", "35s a from 8")
		expect(t, c.log, "5s a 11 twitch/foo ann between", "35s filled 1 of 10s")
	})
}

// TestNotHandled checks that the next run writes what a run has not: messages that were
// received, and one that was inserted, when the run ends.
func TestNotHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		history := []string{"11 twitch/foo ann missed", "11 twitch/foo ann too", "12 twitch/foo ann back", "12 twitch/foo ann next"}
		c := play(t, 1, nil, history...)
		c.waiting = 1
		c.Connected(time.Now())
		c.note("10 heartbeat#" + showA)
		c.outage(time.Second)
		c.note("12 twitch/foo ann back", "12 twitch/foo ann next")
		c.rest(10 * time.Second)
		c.Handled()
		c.note("12 twitch/foo ann last")
		edge := c.Edge(c.last)
		c.end()
		expect(t, c.log, "6s a 11 twitch/foo ann missed, 11 twitch/foo ann too")

		c = play(t, 1, edge, append(history, "12 twitch/foo ann last")...)
		defer c.end()
		c.Restored(time.Now(), 10*time.Second)
		c.note("13 heartbeat")
		c.rest(time.Minute)
		expect(t, c.log, "5s a 11 twitch/foo ann too, 12 twitch/foo ann last", "35s filled 2 of 10s")
	})
}

// TestLongIncomplete has a chat that is not known to be complete for a long time, because
// of a pause or a full disk, with more messages than are kept. None of them is written
// again, whether it was received or filled in before.
func TestLongIncomplete(t *testing.T) {
	for name, test := range map[string]struct {
		first, second int  // how many messages are received after the first gap, and after the second
		missed        int  // how many messages are missed in the second gap
		restart       bool // the third gap is that between two runs
	}{
		"in a run":                     {minRecent, minRecent / 2, 1, false},
		"between runs":                 {minRecent, minRecent / 2, 1, true},
		"few messages":                 {100, 100, 1, false},
		"few messages, between runs":   {100, 100, 1, true},
		"many filled in":               {minRecent / 2, minRecent / 4, minRecent / 2, false},
		"many filled in, between runs": {minRecent / 2, minRecent / 4, minRecent / 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var said []string
				say := func(n int) []string {
					from := len(said)
					for range n {
						said = append(said, fmt.Sprintf("%d twitch/foo ann %d", 10+len(said)/7, len(said)))
					}
					return said[from:]
				}
				c := play(t, 1, nil)
				c.api.answer = func(string) ([]Message, error) { return messages(said...), nil }
				c.Connected(time.Now())
				c.note("10 heartbeat#" + showA)
				c.note(say(8)...)
				complete := time.Now()
				for _, gap := range [][2]int{{1, test.first}, {test.missed, test.second}} {
					say(gap[0])
					c.outage(time.Second)
					c.note(say(gap[1])...)
					c.rest(time.Minute)
				}
				c.Handled()
				if n := len(c.written); n != 1+test.missed {
					t.Errorf("%d messages were filled in", n)
				}
				if test.restart {
					edge := c.Edge(complete)
					c.end()
					c.begin(t, 1, edge)
				}
				c.log, c.written = nil, nil
				missed := say(1)
				c.Restored(time.Now(), time.Since(complete))
				c.note(fmt.Sprintf("%d heartbeat", 20+len(said)/7))
				c.rest(time.Minute)
				c.end()
				if got := lines(c.written); !slices.Equal(got, missed) {
					t.Errorf("%d messages are filled in, from %.1q; want %q", len(got), got, missed)
				}
			})
		})
	}
}

// TestWrongStamp checks that a gap is filled although it begins before an action that the
// service has stamped with a time far away, if more actions follow than are kept.
func TestWrongStamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, 1, nil, "40 twitch/foo ann missed")
		defer c.end()
		c.Connected(time.Now())
		complete := time.Now()
		time.Sleep(time.Second)
		c.note("999999999 heartbeat#" + showA)
		for range minRecent + 10 {
			c.note("10 heartbeat")
		}
		c.note("30 twitch/foo ann hi#" + showA)
		c.Restored(time.Now(), time.Since(complete))
		c.note("50 heartbeat")
		c.rest(time.Minute)
		expect(t, c.log, "6s a 40 twitch/foo ann missed", "36s filled 1 of 1s")
	})
}

// TestNoStamps checks that the receipt of actions replaces stamps that the service does
// not send, in a gap within a run and in one between two runs.
func TestNoStamps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(epoch.Add(10 * time.Second)))
		c := play(t, 1, nil, "11 twitch/foo ann missed", "13 twitch/foo ann back", "45 twitch/foo ann between")
		c.Connected(time.Now())
		c.note("? twitch/foo ann hi#" + showA)
		c.outage(3 * time.Second)
		c.note("? twitch/foo ann back")
		c.rest(time.Minute)
		c.Handled()
		edge := c.Edge(epoch.Add(43 * time.Second))
		c.end()
		expect(t, c.api.asked, "8s a from 8", "38s a from 8")
		expect(t, c.log, "8s a 11 twitch/foo ann missed", "38s filled 1 of 3s")

		c.log, c.api.asked, c.api.start = nil, nil, time.Now()
		c.begin(t, 1, edge)
		c.Restored(time.Now(), 30*time.Second)
		c.note("? twitch/foo ann again")
		c.rest(time.Minute)
		c.end()
		expect(t, c.api.asked, "5s a from 41", "35s a from 41")
		expect(t, c.log, "5s a 45 twitch/foo ann between", "35s filled 1 of 30s")
	})
}

// TestSomeStamps checks that an action without a stamp says nothing about the service's
// clock when other actions have one: it neither begins nor ends a gap.
func TestSomeStamps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(epoch.Add(time.Hour))) // our clock is an hour ahead
		c := play(t, 1, nil, "11 twitch/foo ann missed")
		defer c.end()
		c.Connected(time.Now())
		c.note("9 heartbeat", "10 twitch/foo ann hi#"+showA, "? heartbeat")
		c.outage(3 * time.Second)
		c.note("? heartbeat")
		c.rest(20 * time.Second)
		expect(t, c.api.asked)
		c.note("33 heartbeat")
		c.rest(time.Minute)
		expect(t, c.api.asked, "28s a from 8", "38s a from 8")
		expect(t, c.log, "28s a 11 twitch/foo ann missed", "38s filled 1 of 3s")
	})
}

// TestNoEdge fills the gap after a run that did not keep an edge: from its end by
// our clock.
func TestNoEdge(t *testing.T) {
	for _, edge := range []string{"", "null", `"?"`, `{"start":5}`} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(epoch.Add(20 * time.Second)))
			c := play(t, 1, []byte(edge), "9 twitch/foo ann before", "11 twitch/foo ann between", "20 twitch/foo ann hi")
			defer c.end()
			c.Restored(time.Now(), 10*time.Second)
			c.note("20 twitch/foo ann hi#" + showA)
			c.rest(time.Minute)
			expect(t, c.api.asked, "5s a from 8", "35s a from 8")
			expect(t, c.log, "5s a 11 twitch/foo ann between", "35s filled 1 of 10s")
		})
	}
}
