package session

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// drains follows the source and tells it to be drained by "drain" and not to
// be by "back", as the loop does by what it knows of the connections.
func drains(ctx context.Context, live *Live, each func(*log, Item) bool) *log {
	return follow(ctx, live, func(l *log, item Item) bool {
		switch string(item.Frame) {
		case "drain":
			live.Drained(true)
		case "back":
			live.Drained(false)
		}
		return each == nil || each(l, item)
	})
}

// at plays messages at those times after the handshake and stays up.
func at(messages ...any) script {
	return func(p *peer) {
		if !p.accept() {
			return
		}
		start := time.Now()
		for n := 0; n < len(messages); n += 2 {
			time.Sleep(time.Until(start.Add(messages[n].(time.Duration))))
			if !p.send(messages[n+1].(string)) {
				return
			}
		}
		<-p.gone
	}
}

const sec = time.Second

func TestDrainedIsRedialledAfterTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 0
		live, s := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			at(10*sec, "drain", 11*sec, "drain")(p)
			left = <-p.left
		}, says("a"))
		start := time.Now()
		l := drains(t.Context(), live, until("a", 1))
		l.expect(t, "connected", "drain", "drain", "lost drained", "restored", "a")
		if d := s.dials[1].Sub(start); d != 12*sec {
			t.Errorf("redialled after %v, not two seconds after the first drain", d)
		}
		if gap := l.links[2].Gap; gap != sec {
			t.Errorf("a gap of %v, not from the last frame on", gap)
		}
		if l.links[1].Retry != 0 || l.links[1].Detail == "" {
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
			at(1*sec, "drain", 2*sec, "back", 10*sec, "drain", 11999*time.Millisecond, "back", 50*sec, "end"))
		l := drains(t.Context(), live, until("end", 1))
		l.expect(t, "connected", "drain", "back", "drain", "back", "end")
		if len(s.dials) != 1 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

func TestStandDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			at(1*sec, "drain"),
			at(30*sec, "beat", 60*sec, "drain", 70*sec, "drain", 100*sec, "beat", 110*sec, "back", 111*sec, "end"))
		l := drains(t.Context(), live, until("end", 1))
		l.expect(t, "connected", "drain", "lost drained", "restored",
			"beat", "drain", "lost replaced", "drain", "beat", "back", "restored", "end")
		if len(s.dials) != 2 {
			t.Errorf("%d dials", len(s.dials))
		}
		lost, restored := l.links[3], l.links[4]
		if !strings.Contains(lost.Detail, "another client took over") || lost.At != s.dials[1].Add(60*sec) {
			t.Errorf("%+v", lost)
		}
		if restored.Gap != 50*sec || restored.At != lost.At.Add(50*sec) {
			t.Errorf("%+v", restored)
		}
	})
}

func TestADrainLaterIsNoFight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			at(1*sec, "drain"), at(30*sec, "a", 61*sec, "drain"), says("b"))
		l := drains(t.Context(), live, until("b", 1))
		l.expect(t, "connected", "drain", "lost drained", "restored", "a", "drain", "lost drained", "restored", "b")
		if len(s.dials) != 3 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

func TestAFightIsRememberedThroughAnotherOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1},
			at(1*sec, "drain"), cut("a"), at(1*sec, "drain", 10*sec, "end"))
		l := drains(t.Context(), live, until("end", 1))
		l.expect(t, "connected", "drain", "lost drained", "restored", "a", "lost network", "restored",
			"drain", "lost replaced", "end")
	})
}

func TestAnOutageWhileStandingDownIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			at(1*sec, "drain"),
			at(1*sec, "drain", 30*sec, "beat"), // and then it is silent
			nil, says("a"))
		l := drains(t.Context(), live, until("a", 1))
		l.expect(t, "connected", "drain", "lost drained", "restored", "drain", "lost replaced", "beat", "restored", "a")
		lost, restored := l.links[3], l.links[4]
		if restored.Gap != restored.At.Sub(lost.At) || restored.Gap < 89*sec {
			t.Errorf("a gap of %v, from %v to %v", restored.Gap, lost.At, restored.At)
		}
		if len(s.dials) != 4 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

// A frame before a loss that is no news is not said to have something behind
// it until the next socket is up.
func TestNothingWaitsForNewsThatIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1},
			at(1*sec, "drain"),
			func(p *peer) {
				p.accept()
				p.send("drain")
				time.Sleep(30 * sec)
				p.send("slow", "last")
				p.close(1001, "")
			},
			nil, nil, says("end"))
		var gathering time.Time // since when there is something that was not flushed
		drains(t.Context(), live, func(l *log, item Item) bool {
			if wait := time.Since(gathering); !gathering.IsZero() && wait > sec {
				t.Errorf("%q: what came before waited for %v", l.lines[len(l.lines)-1], wait)
			}
			gathering = time.Time{}
			if item.More {
				gathering = time.Now()
			}
			if string(item.Frame) == "slow" {
				time.Sleep(20 * time.Millisecond) // the rest is received meanwhile
			}
			return until("end", 1)(l, item)
		})
	})
}

func TestNoRedialOfASocketThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			func(p *peer) {
				at(1*sec, "drain")(p)
			}, at(40*sec, "beat", 80*sec, "end"))
		// The consumer is stuck with the frame while the socket is replaced.
		l := follow(t.Context(), live, func(l *log, item Item) bool {
			if string(item.Frame) == "drain" {
				time.Sleep(2 * time.Minute)
				live.Drained(true)
			}
			return until("end", 1)(l, item)
		})
		l.expect(t, "connected", "drain", "lost heartbeat_timeout", "restored", "beat", "end")
		if len(s.dials) != 2 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

func TestALossInTimeCallsTheRedialOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			func(p *peer) {
				if p.accept() && p.send("drain") {
					time.Sleep(1999 * time.Millisecond)
				}
			}, at(30*sec, "end"))
		l := drains(t.Context(), live, until("end", 1))
		l.expect(t, "connected", "drain", "lost network", "restored", "end")
		if len(s.dials) != 2 {
			t.Errorf("%d dials", len(s.dials))
		}
	})
}

func TestDrainedWithoutReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, at(1*sec, "drain"))
		l := drains(t.Context(), live, nil)
		l.expect(t, "connected", "drain", "lost drained", "ended drained")
		if l.err == nil {
			t.Error("no error")
		}
	})
}
