package session

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode"
)

func TestDrainIsRedialledAfterTwoSeconds(t *testing.T) {
	left := 0
	l, s := run(t, LiveOptions{Retries: -1}, "a", func(p *peer) {
		at(1*sec, "info", 10*sec, "replaced", 11*sec, "heartbeat")(p)
		left = <-p.left
	}, says("a"))
	l.expect(t, "connected", "info", "replaced", "heartbeat", "lost drained", "restored", "a")
	if d := s.dials[1].Sub(s.dials[0]); !within(d, 12*sec, maxTick) {
		t.Errorf("redialled after %v, want two seconds after the drain", d)
	}
	if until := l.complete["heartbeat"]; until != l.received["replaced"] {
		t.Errorf("with the heartbeat the chat is complete until %v after the drain", until.Sub(l.received["replaced"]))
	}
	// It begins at the close that took the last connection away.
	if from := l.beginning(t, 2); from != s.dials[0].Add(10*sec) {
		t.Errorf("the gap begins %v after the s.dials[0]", from.Sub(s.dials[0]))
	}
	if l.links[1].Retry != 0 || l.links[1].Detail == "" || l.links[1].SameSocket {
		t.Errorf("%+v", l.links[1])
	}
	if left != 1000 || s.most != 1 {
		t.Errorf("the old socket was closed with %d; %d were open at once", left, s.most)
	}
}

func TestConnectionsThatComeBackCancelTheRedial(t *testing.T) {
	l, s := run(t, LiveOptions{Retries: -1}, "end",
		at(1*sec, "info", 2*sec, "replaced", 3*sec, "info", 10*sec, "replaced", 11799*time.Millisecond, "info", 50*sec, "end"))
	l.expect(t, "connected", "info", "replaced", "info", "replaced", "info", "end")
	if len(s.dials) != 1 {
		t.Errorf("%d dials", len(s.dials))
	}
}

// A gap after a drain begins at the connection that came back, when nothing followed it.
func TestAGapAfterADrainThatEnded(t *testing.T) {
	l, s := run(t, LiveOptions{Retries: -1}, "end", func(p *peer) {
		if p.accept() && p.send("info", "replaced") {
			time.Sleep(sec)
			p.send("info")
			time.Sleep(sec)
		}
	}, says("end"))
	if from := l.beginning(t, 2); from != s.dials[0].Add(sec) {
		t.Errorf("the gap begins %v after the handshake", from.Sub(s.dials[0]))
	}
}

func TestStandDown(t *testing.T) {
	l, s := run(t, LiveOptions{Retries: -1}, "end",
		at(1*sec, "info", 2*sec, "replaced"),
		at(1*sec, "info", 30*sec, "heartbeat", 50*sec, "replaced", 90*sec, "heartbeat", 110*sec, "info", 111*sec, "end"))
	l.expect(t, "connected", "info", "replaced", "lost drained", "restored",
		"info", "heartbeat", "replaced", "lost replaced", "heartbeat", "info", "restored", "end")
	if len(s.dials) != 2 {
		t.Errorf("%d dials", len(s.dials))
	}
	lost, restored := l.link(t, 3), l.link(t, 4)
	if !lost.SameSocket || !strings.Contains(lost.Detail, "another client took over") || lost.At != s.dials[1].Add(50*sec) {
		t.Errorf("%+v", lost)
	}
	if !restored.SameSocket || restored.Gap != 60*sec || restored.At != lost.At.Add(60*sec) {
		t.Errorf("%+v", restored)
	}
}

// A link event that an action causes follows directly after it, whatever comes next
// in the same read.
func TestDrainEventFollowsItsAction(t *testing.T) {
	recorded := &recordedLines{}
	l, _ := run(t, LiveOptions{Retries: -1, Recorder: recorded}, "end", at(0*sec, "info", 1*sec, "replaced"),
		sends(appendMessages(nil, "a", "info", "replaced", "b", "broken frame", "info", "c", "replaced", "replaced", "info", "end")))
	want := []string{"connected", "info", "replaced", "lost drained", "restored",
		"a", "info", "replaced", "lost replaced", "b", "broken", "info", "restored", "c",
		"replaced", "lost replaced", "replaced", "info", "restored", "end"}
	l.expect(t, want...)
	recorded.expect(t, want...)
}

// Items that are inserted are recorded and delivered in one order.
func TestInserts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inserts, recorded := make(chan Item), &recordedLines{}
		live, _ := virtual(t, LiveOptions{Recorder: recorded, Inserts: inserts}, func(p *peer) {
			if p.accept() && p.send("a") {
				synctest.Wait()
				inserts <- Item{Line: &recording.Line{Own: recording.Own{Kind: recording.KindHistory}}, Frame: []byte("a message")}
				inserts <- Item{Link: &LinkEvent{Status: Filled}}
				p.send("end")
				<-p.gone
			}
		})
		follow(t.Context(), live, until("end", 1)).expect(t, "connected", "a", "own history", "filled", "end")
		recorded.expect(t, "connected", "a", "own a message\n", "filled", "end")
	})
}

// Inserts wait while the buffer is full, and all come when the consumer goes on.
func TestInsertsFillTheBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const buffer, size, all = 64 << 10, 1000, 200
		inserts, inserted := make(chan Item), atomic.Int32{}
		live, _ := virtual(t, LiveOptions{Buffer: buffer, Inserts: inserts}, func(p *peer) {
			if p.accept() && p.send("a") {
				synctest.Wait()
				for ; inserted.Load() < all; inserted.Add(1) {
					inserts <- Item{Line: &recording.Line{Own: recording.Own{Kind: recording.KindHistory}}, Frame: make([]byte, size)}
				}
				p.send("end")
				<-p.gone
			}
		})
		l := follow(t.Context(), live, func(l *log, _ Item) bool {
			if l.last() == "a" {
				time.Sleep(10 * sec)
				if n := inserted.Load(); n < buffer/size/2 || n > buffer/size {
					t.Errorf("%d lines of %d bytes wait in a buffer of %d", n, size, buffer)
				}
			}
			return l.last() != "end"
		})
		if len(l.lines) != 1+1+all+1 {
			t.Errorf("%d items", len(l.lines))
		}
	})
}

// recordedLines is a Recorder that logs what it is given.
type recordedLines struct{ log }

func (r *recordedLines) Frames(received time.Time, data []byte, ends, changes []int) {
	from := 0
	for n, end := range ends {
		var action decode.Action
		item := Item{Frame: data[from:end], Received: received}
		var parser decode.Parser
		if item.Broken = parser.Parse(&action, item.Frame); item.Broken == nil {
			item.Action = &action
		}
		if r.add(item); slices.Contains(changes, n) != (r.last() == "info" || r.last() == "replaced") {
			panic("the connection changes are others than told: " + r.last())
		}
		from = end
	}
}

func (r *recordedLines) Link(event *LinkEvent) { r.add(Item{Link: event}) }

func (r *recordedLines) Own(_ time.Time, line []byte) { r.lines = append(r.lines, "own "+string(line)) }

func TestLaterDrainIsRedialledAgain(t *testing.T) {
	l, s := run(t, LiveOptions{Retries: -1}, "b",
		at(0*sec, "info", 1*sec, "replaced"), at(0*sec, "info", 30*sec, "a", 61*sec, "replaced"), says("b"))
	l.expect(t, "connected", "info", "replaced", "lost drained", "restored",
		"info", "a", "replaced", "lost drained", "restored", "b")
	if len(s.dials) != 3 {
		t.Errorf("%d dials", len(s.dials))
	}
}

func TestFightIsRememberedThroughAnOutage(t *testing.T) {
	l, _ := run(t, LiveOptions{Retries: -1}, "end",
		at(0*sec, "info", 1*sec, "replaced"), cut("a"), at(0*sec, "info", 1*sec, "replaced", 10*sec, "end"))
	l.expect(t, "connected", "info", "replaced", "lost drained", "restored", "a", "lost network", "restored",
		"info", "replaced", "lost replaced", "end")
}

func TestOutageWhileStandingDownIsNotReported(t *testing.T) {
	l, s := run(t, LiveOptions{Retries: -1}, "a",
		at(0*sec, "info", 1*sec, "replaced"),
		at(0*sec, "info", 1*sec, "replaced", 30*sec, "heartbeat"), // and then it is silent
		nil, says("a"))
	l.expect(t, "connected", "info", "replaced", "lost drained", "restored",
		"info", "replaced", "lost replaced", "heartbeat", "restored", "a")
	lost, restored := l.link(t, 3), l.link(t, 4)
	if restored.Gap != restored.At.Sub(lost.At) || restored.Gap < 89*sec {
		t.Errorf("a gap of %v, from %v to %v", restored.Gap, lost.At, restored.At)
	}
	if len(s.dials) != 4 {
		t.Errorf("%d dials", len(s.dials))
	}
}

// The link notices a drain when it arrives, even if the consumer is far behind.
func TestDrainIsNoticedWhileTheConsumerIsBlocked(t *testing.T) {
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

func TestLossBeforeTheRedialCancelsIt(t *testing.T) {
	l, s := run(t, LiveOptions{Retries: -1}, "end", func(p *peer) {
		if p.accept() && p.send("info", "replaced") {
			time.Sleep(1799 * time.Millisecond)
		}
	}, at(0*sec, "info", 1*sec, "replaced", 2*sec, "info", 30*sec, "end"))
	// The second drain is the first that is dialled for: no fight.
	l.expect(t, "connected", "info", "replaced", "lost network", "restored", "info", "replaced", "info", "end")
	if len(s.dials) != 2 {
		t.Errorf("%d dials", len(s.dials))
	}
	if from := l.beginning(t, 2); from != l.links[0].At {
		t.Errorf("the gap begins %v after the drain", from.Sub(l.links[0].At))
	}
}

// A pause before a drain moves the beginning before the pause, and a read that
// waits moves it to the drain.
func TestPauseBeforeDrain(t *testing.T) {
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
	l, _ := run(t, LiveOptions{}, "", at(0*sec, "info", 1*sec, "replaced"))
	l.expect(t, "connected", "info", "replaced", "lost drained", "ended drained")
	if l.err == nil {
		t.Error("no error")
	}
}
