package session

import (
	"context"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// beginning returns when the gap of a restored link begins.
func (l *log) beginning(t *testing.T, n int) time.Time {
	t.Helper()
	restored := l.link(t, n)
	if restored.Status != Restored {
		t.Fatalf("link event %d is %+v", n, restored)
	}
	return restored.At.Add(-restored.Gap)
}

// A gap begins where the chat was last known to be complete, and ends at the
// handshake of the next socket. With a pause of the process it begins before the
// pause, until a read has had to wait for data.
func TestWhereAGapBegins(t *testing.T) {
	const pause = 8 * sec
	for name, test := range map[string]struct {
		then func(p *peer, c *clock, resumed chan<- struct{}) // two seconds after "a"
		from string                                           // the line whose time is the beginning
	}{
		"at the last action": {func(p *peer, _ *clock, _ chan<- struct{}) {
			p.send("b")
			time.Sleep(sec)
		}, "b"},
		"not at a ping": {func(p *peer, _ *clock, _ chan<- struct{}) {
			p.ping()
			time.Sleep(sec)
		}, "a"},
		"not at a broken frame": {func(p *peer, _ *clock, _ chan<- struct{}) {
			p.send("broken frame")
			time.Sleep(sec)
		}, "a"},
		"not at half a message": {func(p *peer, _ *clock, _ chan<- struct{}) {
			p.write(appendMessages(nil, "b")[:8])
			time.Sleep(sec)
		}, "a"},
		"before a pause": {func(p *peer, c *clock, _ chan<- struct{}) {
			c.jump(pause)
			p.send("b", "c")
		}, "a"},
		"before a pause that a tick notices": {func(p *peer, c *clock, _ chan<- struct{}) {
			c.jump(pause)
			time.Sleep(maxTick / 2)
			p.send("b", "c")
		}, "a"},
		"before a pause that SIGCONT ends": {func(p *peer, _ *clock, resumed chan<- struct{}) {
			resumed <- struct{}{}
			synctest.Wait()
			p.send("b", "c")
		}, "a"},
		"at an action shortly before a pause that SIGCONT ends": {func(p *peer, c *clock, resumed chan<- struct{}) {
			p.send("b")
			time.Sleep(maxTick / 4)
			c.jump(pause)
			resumed <- struct{}{}
			synctest.Wait()
			p.send("c")
		}, "b"},
		"at an action shortly before a pause that a tick and SIGCONT end": {func(p *peer, c *clock, resumed chan<- struct{}) {
			p.send("b")
			time.Sleep(maxTick / 4)
			c.jump(pause)
			time.Sleep(maxTick / 2)
			resumed <- struct{}{}
			synctest.Wait()
			p.send("c")
		}, "b"},
		"after a pause and a read that waits": {func(p *peer, c *clock, _ chan<- struct{}) {
			c.jump(pause)
			p.send("b", "c")
			time.Sleep(sec)
		}, "c"},
		"after a pause, a read that waits and another action": {func(p *peer, c *clock, _ chan<- struct{}) {
			c.jump(pause)
			p.send("b")
			time.Sleep(sec)
			p.send("c")
		}, "c"},
		"before a pause after which nothing comes": {func(_ *peer, c *clock, _ chan<- struct{}) {
			c.jump(pause)
			time.Sleep(sec)
		}, "a"},
		"before a second pause": {func(p *peer, c *clock, _ chan<- struct{}) {
			c.jump(pause)
			p.send("b")
			time.Sleep(sec)
			c.jump(pause)
			p.send("c")
		}, "b"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, resumed := &clock{}, make(chan struct{})
				live, _ := virtual(t, LiveOptions{Retries: -1, Now: c.now, Resumed: resumed}, func(p *peer) {
					if p.accept() && p.send("a") {
						time.Sleep(2*sec - maxTick/2)
						test.then(p, c, resumed)
					}
				}, says("end"))
				l := follow(t.Context(), live, until("end", 1))
				if from := l.beginning(t, 2); from != l.received[test.from] {
					t.Errorf("the gap begins %v after %q was received\n%q", from.Sub(l.received[test.from]), test.from, l.lines)
				}
				if waits := "after a pause and a read that waits"; name == waits && !slices.Contains(l.ticks, l.received["c"]) {
					t.Error("no tick says that the chat is complete again")
				}
				lost := "lost " + l.link(t, 1).Reason
				if until := l.complete[lost]; until != l.received[test.from] {
					t.Errorf("when the link is lost, the chat is complete until %v after %q was received\n%q", until.Sub(l.received[test.from]), test.from, l.lines)
				}
			})
		})
	}
}

func TestAGapWithoutAnyActionBeginsAtTheHandshake(t *testing.T) {
	l, _ := run(t, LiveOptions{Retries: -1}, "end", func(p *peer) {
		if p.accept() {
			time.Sleep(5 * sec)
		}
	}, says("end"))
	if from := l.beginning(t, 2); from != l.links[0].At {
		t.Errorf("the gap begins %v after the handshake", from.Sub(l.links[0].At))
	}
}

// While the buffer is full nothing is read. What is read afterwards is old, so
// the gap begins before that.
func TestAGapBeginsBeforeTheBufferWasFull(t *testing.T) {
	const blocked = sec // not long enough for a tick that is a second late
	for name, test := range map[string]struct {
		wait time.Duration // of the service before it cuts the connection
		back bool          // the gap begins before the buffer was full
	}{"cut at once": {0, true}, "cut after a read that waits": {2 * sec, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Retries: -1, Buffer: 64 << 10}, func(p *peer) {
					for n := 0; n == 0 && p.accept() || n > 0 && n < 300; n++ {
						p.send(padded(n))
					}
					time.Sleep(test.wait)
				}, says("end"))
				start := time.Now()
				l := follow(t.Context(), live, func(l *log, item Item) bool {
					if len(l.lines) == 1 {
						time.Sleep(blocked)
						if !live.Stats().Full {
							t.Error("the buffer is not full")
						}
					}
					return l.last() != "end"
				})
				from := l.beginning(t, 2).Sub(start)
				if test.back && from > blocked/2 || !test.back && from < blocked {
					t.Errorf("the gap begins %v after the start", from)
				}
				if n := len(l.lines); n != 1+300+2+1 {
					t.Errorf("%d items", n)
				}
			})
		})
	}
}

// A pause that covers the silence limit does not end the link before what has
// arrived meanwhile was read.
func TestAfterALongPauseTheSocketIsReadFirst(t *testing.T) {
	for name, test := range map[string]struct {
		messages []string
		want     []string
	}{
		"an action":  {[]string{"b"}, []string{"connected", "a", "b", "end"}},
		"nothing":    {nil, []string{"connected", "a", "lost heartbeat_timeout", "restored", "end"}},
		"no actions": {[]string{"broken frame"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &clock{}
				live, _ := virtual(t, LiveOptions{Retries: -1, Now: c.now}, func(p *peer) {
					if !p.accept() || !p.send("a") {
						return
					}
					time.Sleep(10 * sec)
					c.jump(time.Hour)
					time.Sleep(maxTick + maxTick/2) // a tick comes first
					p.send(test.messages...)
					time.Sleep(10 * sec)
					p.send("end")
					<-p.gone
				}, says("end"))
				l := follow(t.Context(), live, until("end", 1))
				if test.want == nil {
					if l.links[1].Reason != reasonSilent {
						t.Errorf("the consumer saw %q", l.lines)
					}
					return
				}
				l.expect(t, test.want...)
			})
		})
	}
}

func TestSilenceDoesNotCountWhileTheBufferIsFull(t *testing.T) {
	for _, all := range []int{3, 300} { // with 3, all have been read before
		synctest.Test(t, func(t *testing.T) {
			live, _ := virtual(t, LiveOptions{Buffer: 1000}, func(p *peer) {
				for n := 0; n == 0 && p.accept() || n > 0 && n < all; n++ {
					p.send(padded(n))
				}
				<-p.gone
			})
			var resumed time.Time
			l := follow(t.Context(), live, func(l *log, item Item) bool {
				if len(l.lines) == 1 {
					time.Sleep(time.Hour)
					resumed = time.Now()
				}
				return true
			})
			if n := len(l.frames); n != all {
				t.Errorf("%d frames of %d", n, all)
			}
			if d := l.link(t, 1).At.Sub(resumed); !within(d, time.Minute, maxTick) {
				t.Errorf("lost %v after the reader went on, want a minute", d)
			}
		})
	}
}

// A recorder that delays the link when it gets a broken frame, as a busy machine may.
type delayer struct {
	recordedLines
	delay time.Duration
}

func (d *delayer) Frames(received time.Time, data []byte, ends, changes []int) {
	if d.recordedLines.Frames(received, data, ends, changes); d.last() == "broken" {
		time.Sleep(d.delay)
	}
}

// What has been received before the heartbeat timeout comes before it, even when the
// link is late to look at both.
func TestWhatWaitsComesBeforeTheHeartbeatTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		then handler
		want []string
	}{
		"an action": {func(p *peer) { p.send("b"); time.Sleep(sec); p.send("end"); <-p.gone },
			[]string{"connected", "a", "broken", "b", "end"}},
		"an action after another broken frame": {func(p *peer) { p.send("broken frame", "b"); time.Sleep(sec); p.send("end"); <-p.gone },
			[]string{"connected", "a", "broken", "broken", "b", "end"}},
		"the end": {func(p *peer) { p.close(1001, "") },
			[]string{"connected", "a", "broken", "lost closed", "restored", "end"}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // which of two waiting channels is read first is a matter of chance
				l, _ := run(t, LiveOptions{Retries: -1, Recorder: &delayer{delay: maxTick * 3 / 4}}, "end", func(p *peer) {
					if p.accept() && p.send("a") {
						time.Sleep(time.Minute - maxTick/2)
						p.send("broken frame")
						test.then(p)
					}
				}, says("end"))
				l.expect(t, test.want...)
			}
		})
	}
}

// A busy connection is one whose reads fill the buffer and never wait.
type busy struct {
	net.Conn
	on atomic.Bool
}

func (b *busy) Read(p []byte) (int, error) {
	if !b.on.Load() {
		return b.Conn.Read(p)
	}
	time.Sleep(longRead / 2)
	return io.ReadFull(b.Conn, p)
}

// As long as no read has to wait for data, what was sent during a pause may not
// have been read.
func TestAGapBeginsBeforeAPauseWhileReadsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, conn := &clock{}, &busy{}
		first := func(p *peer) {
			if !p.accept() || !p.send("a") {
				return
			}
			time.Sleep(sec)
			conn.on.Store(true)
			p.send("b") // read by the read that waits already
			c.jump(8 * sec)
			for n := range 3000 {
				p.send(padded(n))
			}
		}
		o, s := overPipes(t, LiveOptions{Retries: -1, Now: c.now}, first, says("end"))
		dial := o.DialContext
		o.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			ours, err := dial(ctx, network, address)
			if len(s.dials) > 1 {
				return ours, err
			}
			conn.Conn = ours
			return conn, err
		}
		l := follow(t.Context(), newLive(t, o), until("end", 1))
		if from := l.beginning(t, 2); from.After(l.received["b"]) || len(l.frames) < 2900 {
			t.Errorf("the gap begins %v after the last action before the pause; %d frames", from.Sub(l.received["b"]), len(l.frames))
		}
	})
}
