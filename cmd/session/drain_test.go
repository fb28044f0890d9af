package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDrainedIsRedialledAfterTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 0
		live, s := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			at(1*sec, "info", 10*sec, "replaced", 11*sec, "heartbeat")(p)
			left = <-p.left
		}, says("a"))
		start := time.Now()
		l := follow(t.Context(), live, until("a", 1))
		l.expect(t, "connected", "info", "replaced", "heartbeat", "lost drained", "restored", "a")
		if d := s.dials[1].Sub(start); !within(d, 12*sec, maxTick) {
			t.Errorf("redialled after %v, want two seconds after the drain", d)
		}
		// It begins at the close that took the last connection away.
		if from := l.beginning(t, 2); from != start.Add(10*sec) {
			t.Errorf("the gap begins %v after the start", from.Sub(start))
		}
		if l.links[1].Retry != 0 || l.links[1].Detail == "" || l.links[1].Same {
			t.Errorf("%+v", l.links[1])
		}
		s.playing.Wait()
		if left != 1000 || s.most != 1 {
			t.Errorf("the old socket was closed with %d; %d were open at once", left, s.most)
		}
	})
}

func TestConnectionsThatComeBackCallTheRedialOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			at(1*sec, "info", 2*sec, "replaced", 3*sec, "info", 10*sec, "replaced", 11799*time.Millisecond, "info", 50*sec, "end"))
		l := follow(t.Context(), live, until("end", 1))
		l.expect(t, "connected", "info", "replaced", "info", "replaced", "info", "end")
		if len(s.dials) != 1 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

func TestStandDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			at(1*sec, "info", 2*sec, "replaced"),
			at(1*sec, "info", 30*sec, "heartbeat", 50*sec, "replaced", 90*sec, "heartbeat", 110*sec, "info", 111*sec, "end"))
		l := follow(t.Context(), live, until("end", 1))
		l.expect(t, "connected", "info", "replaced", "lost drained", "restored",
			"info", "heartbeat", "replaced", "lost replaced", "heartbeat", "info", "restored", "end")
		if len(s.dials) != 2 {
			t.Errorf("%d dials", len(s.dials))
		}
		lost, restored := l.link(t, 3), l.link(t, 4)
		if !lost.Same || !strings.Contains(lost.Detail, "another client took over") || lost.At != s.dials[1].Add(50*sec) {
			t.Errorf("%+v", lost)
		}
		if !restored.Same || restored.Gap != 60*sec || restored.At != lost.At.Add(60*sec) {
			t.Errorf("%+v", restored)
		}
	})
}

// News that an action brings comes right behind it, whatever stands behind it
// in the same read.
func TestNewsOfADrainComesRightBehindItsAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1}, at(0*sec, "info", 1*sec, "replaced"),
			sends(appendMessages(nil, "a", "info", "replaced", "b", "broken frame", "info", "c", "replaced", "replaced", "info", "end")))
		l := follow(t.Context(), live, until("end", 1))
		if len(l.lines) < 10 {
			t.Fatalf("the consumer saw %q", l.lines)
		}
		l.expect(t, "connected", "info", "replaced", "lost drained", "restored",
			"a", "info", "replaced", "lost replaced", "b", l.lines[10], "info", "restored", "c",
			"replaced", "lost replaced", "replaced", "info", "restored", "end")
	})
}

func TestADrainLaterIsNoFight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			at(0*sec, "info", 1*sec, "replaced"), at(0*sec, "info", 30*sec, "a", 61*sec, "replaced"), says("b"))
		l := follow(t.Context(), live, until("b", 1))
		l.expect(t, "connected", "info", "replaced", "lost drained", "restored",
			"info", "a", "replaced", "lost drained", "restored", "b")
		if len(s.dials) != 3 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

func TestAFightIsRememberedThroughAnotherOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1},
			at(0*sec, "info", 1*sec, "replaced"), cut("a"), at(0*sec, "info", 1*sec, "replaced", 10*sec, "end"))
		l := follow(t.Context(), live, until("end", 1))
		l.expect(t, "connected", "info", "replaced", "lost drained", "restored", "a", "lost network", "restored",
			"info", "replaced", "lost replaced", "end")
	})
}

func TestAnOutageWhileStandingDownIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			at(0*sec, "info", 1*sec, "replaced"),
			at(0*sec, "info", 1*sec, "replaced", 30*sec, "heartbeat"), // and then it is silent
			nil, says("a"))
		l := follow(t.Context(), live, until("a", 1))
		l.expect(t, "connected", "info", "replaced", "lost drained", "restored",
			"info", "replaced", "lost replaced", "heartbeat", "restored", "a")
		lost, restored := l.link(t, 3), l.link(t, 4)
		if restored.Gap != restored.At.Sub(lost.At) || restored.Gap < 89*sec {
			t.Errorf("a gap of %v, from %v to %v", restored.Gap, lost.At, restored.At)
		}
		if len(s.dials) != 4 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

// The link knows of a drain when it arrives, however far behind the consumer is.
func TestADrainIsNoticedWhileTheConsumerIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1}, at(1*sec, "info", 2*sec, "replaced"), at(0*sec, "info", 1*sec, "end"))
		start := time.Now()
		l := follow(t.Context(), live, func(l *log, item Item) bool {
			if l.last() == "connected" {
				time.Sleep(30 * sec)
			}
			return l.last() != "end"
		})
		l.expect(t, "connected", "info", "replaced", "lost drained", "restored", "info", "end")
		if d := s.dials[1].Sub(start); !within(d, 4*sec, maxTick) {
			t.Errorf("redialled after %v", d)
		}
	})
}

func TestALossInTimeCallsTheRedialOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			if p.accept() && p.send("info", "replaced") {
				time.Sleep(1799 * time.Millisecond)
			}
		}, at(0*sec, "info", 1*sec, "replaced", 2*sec, "info", 30*sec, "end"))
		l := follow(t.Context(), live, until("end", 1))
		// The second drain is the first that is dialled for: no fight.
		l.expect(t, "connected", "info", "replaced", "lost network", "restored", "info", "replaced", "info", "end")
		if len(s.dials) != 2 {
			t.Errorf("%d dials", len(s.dials))
		}
		if from := l.beginning(t, 2); from != l.links[0].At {
			t.Errorf("the gap begins %v after the drain", from.Sub(l.links[0].At))
		}
	})
}

// A pause before a drain moves the beginning before the pause, and a read that
// waits moves it to the drain.
func TestAPauseBeforeADrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clock{}
		live, _ := virtual(t, LiveOptions{Retries: -1, Now: c.now}, func(p *peer) {
			if p.accept() && p.send("info") {
				time.Sleep(2 * sec)
				c.jump(8 * sec)
				p.send("replaced")
				time.Sleep(time.Millisecond)
				p.send("heartbeat")
				<-p.gone
			}
		}, says("end"))
		l := follow(t.Context(), live, until("end", 1))
		if from := l.beginning(t, 2); from != l.received["replaced"] {
			t.Errorf("the gap begins %v after the drain", from.Sub(l.received["replaced"]))
		}
	})
}

func TestDrainedWithoutReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, at(0*sec, "info", 1*sec, "replaced"))
		l := follow(t.Context(), live, nil)
		l.expect(t, "connected", "info", "replaced", "lost drained", "ended drained")
		if l.err == nil {
			t.Error("no error")
		}
	})
}
