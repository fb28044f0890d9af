package history

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestGapIsFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, 1, nil, "8 twitch/foo ann before", "10 twitch/foo ann hi", "11 twitch/foo ann missed", "12 kick/foo bob missed", "13 twitch/foo ann back", "16 twitch/foo ann later")
		defer c.end()
		c.Connected(time.Now())
		c.note("8 twitch/foo ann before", "10 twitch/foo ann hi#"+showA)
		c.outage(3 * time.Second)
		c.note("9 connection_info", "13 twitch/foo ann back", "16 twitch/foo ann later")
		c.rest(time.Minute)
		expect(t, c.api.asked, "8s a from 8", "38s a from 8")
		expect(t, c.log, "8s a 11 twitch/foo ann missed, 12 kick/foo bob missed", "38s filled 2 of 3s")
	})
}

// TestHistoryIsLate checks that the second answer is counted anew: the first lacks
// the message that was received.
func TestHistoryIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, 1, nil)
		defer c.end()
		answers := [][]string{
			{"12 twitch/foo ann hi", "11 twitch/foo ann missed"},
			{"10 twitch/foo ann hi", "11 twitch/foo ann missed", "12 twitch/foo ann hi", "12 twitch/foo ann late"},
		}
		c.api.answer = func(string) ([]Message, error) {
			list := messages(answers[0]...)
			answers = answers[1:]
			return list, nil
		}
		c.Connected(time.Now())
		c.note("10 twitch/foo ann hi#" + showA)
		c.outage(time.Second)
		c.note("13 heartbeat")
		c.rest(time.Minute)
		expect(t, c.log, "6s a 11 twitch/foo ann missed", "36s a 12 twitch/foo ann hi, 12 twitch/foo ann late", "36s filled 3 of 1s")
	})
}

func TestBroadcastOfGap(t *testing.T) {
	for name, test := range map[string]struct {
		before, after, inProgress string
		err                       error
		asked                     []string
		log                       string
	}{
		"before":               {showA, "", "", nil, []string{"6s a from 8", "36s a from 8"}, "filled 0"},
		"after":                {"", showA, "", nil, []string{"6s a from 8", "36s a from 8"}, "filled 0"},
		"both":                 {showA, showA, "", nil, []string{"6s a from 8", "36s a from 8"}, "filled 0"},
		"another":              {showA, showB, "", nil, []string{"6s a from 8", "6s b from 8", "36s a from 8", "36s b from 8"}, "filled 0"},
		"before is not a UUID": {"rtmp/instant", showB, "", nil, []string{"6s b from 8", "36s b from 8"}, "filled 0"},
		"after is not a UUID":  {showA, "rtmp/instant", "", nil, []string{"6s a from 8", "36s a from 8"}, "filled 0"},
		"in progress":          {"rtmp/instant", "", showB, nil, []string{"6s in progress", "6s b from 8", "36s in progress", "36s b from 8"}, "filled 0"},
		"none":                 {"", "", "", nil, []string{"6s in progress", "36s in progress"}, "unfilled no_broadcast0"},
		"not allowed":          {"", "", "", &Error{Reason: ReasonScope}, []string{"6s in progress"}, "unfilled insufficient_scope0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := play(t, 1, nil)
				defer c.end()
				c.api.inProgress, c.api.err = test.inProgress, test.err
				c.Connected(time.Now())
				c.note("9 twitch/foo ann hi#"+test.before, "10 twitch/foo ann hi", "10 connection_info#"+showB)
				c.outage(time.Second)
				c.note("11 connection_info#"+showB, "11 twitch/foo ann hi", "12 twitch/foo ann hi#"+test.after)
				c.rest(time.Minute)
				expect(t, c.api.asked, test.asked...)
				if last := c.log[len(c.log)-1]; !strings.Contains(last, test.log) {
					t.Errorf("it says %q, want %q", last, test.log)
				}
			})
		})
	}
}

func TestGapIsNotFilled(t *testing.T) {
	refused := func(reason string) error { return &Error{Reason: reason} }
	for name, test := range map[string]struct {
		first, second error
		want          []string
	}{
		"never": {refused(ReasonServerError), refused(ReasonRateLimited),
			[]string{"6s a 11 twitch/foo ann missed", "36s unfilled rate_limited1 of 1s"}},
		"at first": {refused(ReasonNotFound), nil,
			[]string{"6s a 11 twitch/foo ann missed", "36s filled 1 of 1s"}},
		"in the end": {nil, refused(ReasonProtocol),
			[]string{"6s a 11 twitch/foo ann missed", "36s unfilled protocol1 of 1s"}},
		"without the scope": {refused(ReasonScope), nil,
			[]string{"6s a 11 twitch/foo ann missed", "6s unfilled insufficient_scope1 of 1s"}},
		"without a token": {refused(ReasonUnauthorized), nil,
			[]string{"6s a 11 twitch/foo ann missed", "6s unfilled unauthorized1 of 1s"}},
		"for another reason": {nil, errors.New("broken"),
			[]string{"6s a 11 twitch/foo ann missed", "36s unfilled network1 of 1s"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := play(t, 1, nil)
				defer c.end()
				errs := []error{test.first, test.second}
				c.api.answer = func(string) ([]Message, error) {
					err := errs[0]
					errs = errs[1:]
					return messages("11 twitch/foo ann missed"), err // the error is that of another page
				}
				c.Connected(time.Now())
				c.note("10 twitch/foo ann hi#" + showA)
				c.outage(time.Second)
				c.note("12 heartbeat")
				c.rest(time.Minute)
				expect(t, c.log, test.want...)
			})
		})
	}
}

// TestOlderThanTheRun checks that nothing is written that was said before the first
// handshake, by the service's clock where ours is ahead.
func TestOlderThanTheRun(t *testing.T) {
	for name, test := range map[string]struct {
		handshake time.Duration // by our clock, since the epoch
		before    []string
		want      string
	}{
		"the clocks agree":          {10 * time.Second, []string{"10 connection_info", "11 heartbeat"}, "10 twitch/foo ann b, 11 twitch/foo ann c"},
		"a connection that is old":  {10 * time.Second, []string{"5 connection_info"}, "10 twitch/foo ann b, 11 twitch/foo ann c"},
		"our clock is ahead":        {time.Hour, []string{"10 connection_info", "10 heartbeat"}, "10 twitch/foo ann b, 11 twitch/foo ann c"},
		"our clock is behind":       {-time.Hour, []string{"11 heartbeat"}, "9 twitch/foo ann a, 10 twitch/foo ann b, 11 twitch/foo ann c"},
		"an older action follows":   {10 * time.Second, []string{"11 heartbeat", "8 heartbeat"}, "10 twitch/foo ann b, 11 twitch/foo ann c"},
		"the first has no stamp":    {time.Hour, []string{"? heartbeat", "10 heartbeat"}, "10 twitch/foo ann b, 11 twitch/foo ann c"},
		"the first action is later": {10 * time.Second, []string{"12 heartbeat"}, "10 twitch/foo ann b, 11 twitch/foo ann c"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(epoch.Add(test.handshake)))
				c := play(t, 1, nil, "9 twitch/foo ann a", "10 twitch/foo ann b", "11 twitch/foo ann c", "99 twitch/foo ann d")
				defer c.end()
				c.Connected(time.Now())
				c.note(test.before...)
				c.outage(time.Second)
				c.note("13 twitch/foo ann hi#" + showA)
				c.rest(time.Minute)
				if got := strings.Join(lines(c.written), ", "); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestSpeed(t *testing.T) {
	for speed, want := range map[float64][]string{
		10: {"1.5s a from 8", "4.5s a from 8"},
		0:  {"1s a from 8"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := play(t, speed, nil)
			defer c.end()
			c.Connected(time.Now())
			c.note("10 heartbeat")
			c.outage(time.Second)
			c.note("11 twitch/foo ann hi#"+showA, "16 twitch/foo ann hi")
			c.rest(time.Minute)
			expect(t, c.api.asked, want...)
		})
	}
}

// TestReceivedLate checks that nothing is asked for while messages of the seconds
// after the gap may wait to be noted, as they do behind a slow reader.
func TestReceivedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, 1, nil, "10 twitch/foo ann hi", "12 twitch/foo ann back")
		defer c.end()
		c.Connected(time.Now())
		c.note("10 twitch/foo ann hi#" + showA)
		c.outage(time.Second)
		c.note("11 heartbeat")
		time.Sleep(time.Minute)
		c.note("12 twitch/foo ann back", "16 heartbeat")
		c.rest(time.Second)
		expect(t, c.api.asked, "1m1s a from 8")
		expect(t, c.log, "1m1s filled 0 of 1s")
	})
}

// TestPausedAfterGap stops the process in the seconds after a gap. What arrived meanwhile
// is noted only after the process has found that nothing is waiting.
func TestPausedAfterGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, 1, nil, "10 twitch/foo ann hi", "11 twitch/foo ann missed", "12 twitch/foo ann back")
		defer c.end()
		c.Connected(time.Now())
		c.note("10 twitch/foo ann hi#" + showA)
		c.outage(time.Second)
		c.note("12 heartbeat")
		c.rest(time.Second)
		time.Sleep(time.Minute)
		c.rest(time.Second)
		c.note("12 twitch/foo ann back")
		c.rest(time.Minute)
		expect(t, c.log, "1m7.2s a 11 twitch/foo ann missed", "1m7.2s filled 1 of 1s")
	})
}

// TestQuietAfterGap checks that a gap waits for an action at its end.
func TestQuietAfterGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, 1, nil, "11 twitch/foo ann missed")
		defer c.end()
		c.Connected(time.Now())
		c.note("10 heartbeat#", "10 twitch/foo ann hi#"+showA)
		c.outage(time.Second)
		c.note("9 connection_info")
		c.rest(20 * time.Second)
		expect(t, c.api.asked)
		c.note("31 heartbeat")
		c.rest(time.Minute)
		expect(t, c.api.asked, "26s a from 8", "36s a from 8")
		expect(t, c.log, "26s a 11 twitch/foo ann missed", "36s filled 1 of 1s")
	})
}

// TestGapWithActions checks a gap that begins before actions that were received:
// after a pause of the process nobody knows whether they were all.
func TestGapWithActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var paused []string
		for n := range 1000 {
			paused = append(paused, fmt.Sprintf("%d twitch/foo ann %d", 20+n, n))
		}
		c := play(t, 1, nil, append(paused, "1021 twitch/foo ann missed")...)
		defer c.end()
		c.Connected(time.Now())
		c.note("10 twitch/foo ann hi#" + showA)
		complete := time.Now()
		time.Sleep(10 * time.Minute)
		c.note(paused...)
		c.Restored(time.Now(), time.Since(complete))
		c.note("1030 twitch/foo ann back")
		c.rest(time.Minute)
		expect(t, c.api.asked, "10m5s a from 8", "10m35s a from 8")
		expect(t, c.log, "10m5s a 1021 twitch/foo ann missed", "10m35s filled 1 of 10m0s")
	})
}

func TestReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, 1, nil, "9 twitch/foo ann first", "10 kick/bar ann second", "10 kick/bar ann third")
		defer c.end()
		c.Connected(time.Now())
		c.note("9 reply restream/- - first#"+showA, "10 reply kick/bar - second")
		c.outage(time.Second)
		c.note("12 reply twitch/foo - third")
		c.rest(time.Minute)
		expect(t, c.log, "6s a 10 kick/bar ann third", "36s filled 1 of 1s")
	})
}

// TestManyGaps checks that gaps follow each other closely without a backlog, and
// that their stretches, which overlap, are written once.
func TestManyGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const gaps = 300
		var said []string
		for n := range 2*gaps - 1 {
			said = append(said, fmt.Sprintf("%d twitch/foo ann %d", n, n))
		}
		c := play(t, 1, nil)
		all := messages(said...)
		c.api.answer = func(string) ([]Message, error) { return all, nil }
		defer c.end()
		c.Connected(time.Now())
		c.note("0 heartbeat", said[0]+"#"+showA)
		for n := range gaps - 1 {
			c.outage(time.Second)
			c.note(said[2*n+2]) // and the one before is missed
			c.rest(time.Second)
		}
		c.note(fmt.Sprintf("%d heartbeat", 2*gaps))
		c.rest(40 * time.Second)
		filled := 0
		for _, line := range c.log {
			if strings.Contains(line, "filled") {
				filled++
			}
		}
		if filled != gaps-1 || len(c.written) != gaps-1 {
			t.Errorf("%d messages in %d gaps, want %d in as many", len(c.written), filled, gaps-1)
		}
	})
}

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

// TestEndOfRun checks that the end waits for neither a delay nor an answer, and
// that nothing is written behind it.
func TestEndOfRun(t *testing.T) {
	for after, stuck := range map[time.Duration]bool{time.Second: false, 10 * time.Second: false, 11 * time.Second: true} {
		synctest.Test(t, func(t *testing.T) {
			c := play(t, 1, nil)
			c.api.stuck = stuck
			c.Connected(time.Now())
			c.note("10 twitch/foo ann hi#" + showA)
			c.outage(time.Second)
			c.note("12 heartbeat")
			c.rest(after)
			start := time.Now()
			c.end()
			if time.Since(start) > 0 {
				t.Errorf("the end took %v", time.Since(start))
			}
			expect(t, c.log)
		})
	}
}
