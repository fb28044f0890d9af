package session

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// calmly says so many messages, a second apart, that the consumer's turn begins.
func calmly(t *testing.T, p *peer, live *Live) bool {
	for range calmAfter + 1 {
		time.Sleep(time.Second)
		if !p.send("calm") {
			return false
		}
	}
	synctest.Wait()
	if !live.receives() {
		t.Error("the consumer does not receive by itself")
	}
	return true
}

// calm is what the consumer sees of that.
var calm = slices.Repeat([]string{"calm"}, calmAfter+1)

// receives tells whether the consumer is receiving.
func (l *Live) receives() bool {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return l.queue.turn.inside
}

func TestTheConsumerReceivesAsLongAsItKeepsUp(t *testing.T) {
	large := strings.Repeat("x", handful)
	synctest.Test(t, func(t *testing.T) {
		var live *Live
		live, _ = virtual(t, LiveOptions{Retries: 1}, func(p *peer) {
			if !p.accept() || !calmly(t, p, live) {
				return
			}
			p.send("a", "b")
			synctest.Wait()
			if !live.receives() {
				t.Error("two messages ended the consumer's turn")
			}
			p.send(large)
			synctest.Wait()
			if live.receives() {
				t.Error("much at once did not end the consumer's turn")
			}
			if calmly(t, p, live) {
				p.close(1001, "")
			}
		}, func(p *peer) {
			if p.accept() && calmly(t, p, live) {
				p.send("end")
				<-p.gone
			}
		})
		want := slices.Concat([]string{"connected"}, calm, []string{"a", "b", large}, calm,
			[]string{"lost closed", "restored"}, calm, []string{"end"})
		follow(t.Context(), live, until("end", 1)).expect(t, want...)
	})
}

func TestTheTurnOfABusyConsumerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var live *Live
		live, s := virtual(t, LiveOptions{}, func(p *peer) {
			if !p.accept() || !calmly(t, p, live) {
				return
			}
			p.send("busy")
			synctest.Wait()
			began := time.Now()
			p.ping()
			<-p.answers
			if took := time.Since(began); took > 2*stall {
				t.Errorf("a ping was answered after %v", took)
			}
			p.send("1", "2")
			if !calmly(t, p, live) {
				t.Error("it has left")
			}
			p.send("end")
		})
		follow(t.Context(), live, func(l *log, item Item) bool {
			if string(item.Frame) == "busy" {
				time.Sleep(time.Second / 2)
				if waiting := live.Stats().Frames; waiting != len("12")+1 {
					t.Errorf("%d frames wait or are at work", waiting)
				}
			}
			return string(item.Frame) != "end"
		}).expect(t, slices.Concat([]string{"connected"}, calm, []string{"busy", "1", "2"}, calm, []string{"end"})...)
		s.playing.Wait()
	})
}

// The first message of its turn finds the consumer waiting, like any other.
func TestAConsumerIsBusyFromItsFirstTurnOn(t *testing.T) {
	for busyWith := calmAfter - 1; busyWith <= calmAfter+1; busyWith++ {
		synctest.Test(t, func(t *testing.T) {
			live, s := virtual(t, LiveOptions{}, func(p *peer) {
				if !p.accept() {
					return
				}
				for range busyWith {
					time.Sleep(time.Second)
					p.send("calm")
				}
				synctest.Wait()
				began := time.Now()
				p.ping()
				<-p.answers
				if took := time.Since(began); took > 2*stall {
					t.Errorf("busy with the %dth, it answered a ping after %v", busyWith, took)
				}
				p.send("end")
			})
			follow(t.Context(), live, func(l *log, item Item) bool {
				if len(l.lines) == 1+busyWith {
					time.Sleep(time.Minute)
				}
				return string(item.Frame) != "end"
			})
			s.playing.Wait()
		})
	}
}

func TestANudgeReachesAConsumerThatReceives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var live *Live
		live, _ = virtual(t, LiveOptions{HeartbeatTimeout: time.Minute}, func(p *peer) {
			if p.accept() && calmly(t, p, live) {
				time.Sleep(30 * time.Second)
				live.Nudge()
				<-p.gone
			}
		})
		var last, nudged time.Time
		l := follow(t.Context(), live, func(l *log, item Item) bool {
			switch {
			case item.Frame != nil:
				last = time.Now()
			case item.Link == nil:
				nudged = time.Now()
			}
			return item.Link == nil || item.Link.Status != Lost
		})
		if after := nudged.Sub(last); after != 30*time.Second {
			t.Errorf("an empty item came %v after the last frame", after)
		}
		if after := l.link(t, 1).At.Sub(last); after != time.Minute {
			t.Errorf("silence counted as %v", after)
		}
	})
}

func TestTheLinkIsLeftWhoeversTurnItIs(t *testing.T) {
	for name, busy := range map[string]struct{ before, after time.Duration }{
		"receiving": {},
		"busy":      {after: time.Minute},
		"long busy": {before: time.Second, after: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var live *Live
				live, s := virtual(t, LiveOptions{}, func(p *peer) {
					if !p.accept() || !calmly(t, p, live) {
						return
					}
					p.send("end")
					synctest.Wait()
					time.Sleep(busy.before)
					cancelled := time.Now()
					cancel()
					<-p.gone
					if took := time.Since(cancelled); took != 0 {
						t.Errorf("left after %v", took)
					}
				})
				l := follow(ctx, live, func(l *log, item Item) bool {
					if string(item.Frame) == "end" {
						time.Sleep(busy.before + busy.after)
					}
					return true
				})
				l.expect(t, slices.Concat([]string{"connected"}, calm, []string{"end"})...)
				if l.err != nil {
					t.Error(l.err)
				}
				s.playing.Wait()
			})
		})
	}
}
