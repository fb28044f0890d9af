package history

import (
	"errors"
	"fmt"
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
