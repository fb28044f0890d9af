package session

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// numbered sends frames of a thousand bytes, as many as the client takes, and
// counts them.
func numbered(p *peer, sent *atomic.Int64, most int64) {
	if !p.accept() {
		return
	}
	for sent.Load() < most && p.send(fmt.Sprintf("%0*d", 1000, sent.Load())) {
		sent.Add(1)
	}
	<-p.gone
}

func TestASlowReaderLosesNothing(t *testing.T) {
	const buffer, all = 5 << 20, 8000
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		live, _ := virtual(t, LiveOptions{Buffer: buffer}, func(p *peer) { numbered(p, &sent, all) })
		var held []string
		start := time.Now()
		watch, enough := context.WithCancel(t.Context())
		go func() {
			for on := range live.Held(watch) {
				held = append(held, fmt.Sprint(on, " ", time.Since(start).Round(time.Minute)))
			}
		}()
		received := 0
		follow(t.Context(), live, func(l *log, item Item) bool {
			if item.Link != nil {
				time.Sleep(10 * time.Minute) // stdout is blocked
				if n := sent.Load(); n < buffer/1100 || n > buffer/1000 {
					t.Errorf("%d frames were taken for a buffer of %d bytes", n, buffer)
				}
				if bytes, full := live.queue.backlog(); !full || bytes < buffer || bytes > buffer+wireBuffer {
					t.Errorf("%d bytes were waiting, full: %t", bytes, full)
				}
				return true
			}
			if want := fmt.Sprintf("%0*d", 1000, received); string(item.Frame) != want {
				t.Fatalf("frame %d is %q", received, item.Frame)
			}
			received++
			if _, full := live.queue.backlog(); received == 1000 && !full {
				t.Error("the socket is read again although most of the buffer is full")
			}
			return received < all
		})
		if received != all {
			t.Errorf("%d frames of %d", received, all)
		}
		synctest.Wait()
		enough()
		synctest.Wait()
		if got := strings.Join(held, ", "); got != "true 0s, false 10m0s" && got != "true 0s" {
			t.Errorf("held back: %s", got)
		}
	})
}

func TestHoldingBackIsToldOnceAndOnceWhenItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		live, _ := virtual(t, LiveOptions{Buffer: 100_000}, func(p *peer) { numbered(p, &sent, 2000) })
		var held []bool
		watch, enough := context.WithCancel(t.Context())
		go func() {
			for on := range live.Held(watch) {
				held = append(held, on)
			}
		}()
		// The consumer is slower than the service until that has said it all.
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		follow(ctx, live, func(l *log, item Item) bool {
			time.Sleep(10 * time.Millisecond)
			return true
		})
		cancel()
		enough()
		synctest.Wait()
		if sent.Load() != 2000 || fmt.Sprint(held) != "[true false]" {
			t.Errorf("with %d frames, held back: %v", sent.Load(), held)
		}
	})
}

// The library gives a ping five seconds from its second byte on: the socket is
// not held back in the midst of one.
func TestHoldingBackEndsNoPing(t *testing.T) {
	ping := appendFrame(nil, 0x89, []byte("0123456789"))
	for cut := range ping {
		synctest.Test(t, func(t *testing.T) {
			live, _ := virtual(t, LiveOptions{Buffer: 50_000}, func(p *peer) {
				if p.accept() && p.write(append(appendFrame(nil, 0x81, make([]byte, 50_000)), ping[:cut]...)) == nil {
					p.write(ping[cut:])
					p.send("last")
					<-p.gone
				}
			})
			l := follow(t.Context(), live, func(l *log, item Item) bool {
				if len(item.Frame) == 50_000 {
					time.Sleep(20 * time.Second)
				}
				return until("last", 1)(l, item)
			})
			if l.err != nil || len(l.lines) != 3 {
				t.Errorf("cut after %d bytes: %d items, then %v", cut, len(l.lines), l.err)
			}
		})
	}
}

func TestSilenceIsNotCountedWhileHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		live, _ := virtual(t, LiveOptions{Buffer: 100_000}, func(p *peer) { numbered(p, &sent, 300) })
		var resumed time.Time
		l := follow(t.Context(), live, func(l *log, item Item) bool {
			if len(l.lines) == 1 {
				time.Sleep(time.Hour)
				resumed = time.Now()
			}
			return true
		})
		if n := len(l.lines); n != 1+300+2 {
			t.Errorf("%d items", n)
		}
		// Only the time after that counts.
		if d := l.links[1].At.Sub(resumed); d != time.Minute {
			t.Errorf("lost %v after the reader went on", d)
		}
	})
}

func TestPingsAreAnsweredWhileTheReaderIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answered := 0
		live, s := virtual(t, LiveOptions{}, func(p *peer) {
			if !p.accept() {
				return
			}
			for range 10 {
				p.send(strings.Repeat("x", 300_000), "a")
				if !p.ping() {
					return
				}
				<-p.answers
				answered++
			}
			<-p.gone
		})
		start := time.Now()
		follow(t.Context(), live, func(l *log, item Item) bool {
			time.Sleep(time.Minute)
			return len(l.lines) < 2
		})
		s.playing.Wait()
		if answered != 10 || time.Since(start) != 2*time.Minute {
			t.Errorf("%d pings of 10 were answered", answered)
		}
	})
}

// A consumer that is at work, only slower than the service, must not make the
// memory grow.
func TestABusyReaderHoldsTheSocketBackEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		live, _ := virtual(t, LiveOptions{}, func(p *peer) { numbered(p, &sent, 1<<40) })
		most := 0
		follow(t.Context(), live, func(l *log, item Item) bool {
			time.Sleep(100 * time.Microsecond)
			bytes, _ := live.queue.backlog()
			most = max(most, bytes)
			l.lines = l.lines[:0]
			return sent.Load() < 6000
		})
		if most > runAhead+2*wireBuffer {
			t.Errorf("%d bytes were waiting", most)
		}
	})
}

func TestABlockedReaderThatIsBackAtWorkIsABusyOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		live, _ := virtual(t, LiveOptions{Buffer: 4 << 20}, func(p *peer) { numbered(p, &sent, 1<<40) })
		n := 0
		follow(t.Context(), live, func(l *log, item Item) bool {
			if n++; n == 1 {
				time.Sleep(time.Second)
				if bytes, _ := live.queue.backlog(); bytes < 4<<20 {
					t.Errorf("%d bytes were waiting for a blocked reader", bytes)
				}
			}
			time.Sleep(100 * time.Microsecond)
			l.lines = l.lines[:0]
			return n < 6000
		})
		if bytes, _ := live.queue.backlog(); bytes > runAhead+2*wireBuffer {
			t.Errorf("%d bytes were waiting at last", bytes)
		}
	})
}

func TestFramesOfAllSizes(t *testing.T) {
	sizes := []int{0, 1, 125, 126, 1000, 1 << 16, slabSize - 1, slabSize, slabSize + 1, 1 << 20, 0, 1 << 18, 5 << 20, 3}
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, func(p *peer) {
			if !p.accept() {
				return
			}
			for n, size := range sizes {
				first := byte(0x81)
				if n%3 == 2 {
					first = 0x82 // binary: an action too
				}
				p.write(appendFrame(nil, first, bytes.Repeat([]byte{byte('a' + n)}, size)))
			}
			<-p.gone
		})
		n := 0
		follow(t.Context(), live, func(l *log, item Item) bool {
			l.lines = l.lines[:0]
			if item.Link != nil {
				return true
			}
			if want := bytes.Repeat([]byte{byte('a' + n)}, sizes[n]); !bytes.Equal(item.Frame, want) || item.Frame == nil {
				t.Errorf("frame %d has %d bytes, not %d, or others", n, len(item.Frame), len(want))
			}
			n++
			return n < len(sizes)
		})
		if n != len(sizes) {
			t.Errorf("%d frames of %d", n, len(sizes))
		}
	})
}

func TestFragmentsAndControlFramesBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{}, func(p *peer) {
			if !p.accept() {
				return
			}
			p.write(appendFrame(nil, 0x01, []byte("one ")))
			p.ping()
			p.write(appendFrame(nil, 0x00, []byte("and ")))
			p.write(appendFrame(nil, 0x8A, []byte("an unsolicited pong")))
			p.write(appendFrame(nil, 0x80, []byte("two")))
			p.send("three")
			<-p.answers
			<-p.gone
		})
		follow(t.Context(), live, until("three", 1)).expect(t, "connected", "one and two", "three")
		s.playing.Wait()
	})
}

func TestAFrameThatIsTooLarge(t *testing.T) {
	for name, act := range map[string]script{
		"at once": says("a", strings.Repeat("x", 1001), "c"),
		"in fragments": func(p *peer) {
			p.accept()
			p.send("a")
			for first := byte(1); p.write(appendFrame(nil, first, make([]byte, 100))) == nil; first = 0 {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Retries: -1, MaxFrame: 1000}, act, says(strings.Repeat("y", 1000), "b"))
				l := follow(t.Context(), live, until("b", 1))
				l.expect(t, "connected", "a", "lost frame_too_large", "restored", strings.Repeat("y", 1000), "b")
				if want := "a frame is larger than the limit of 1000B (--max-frame)"; l.links[1].Detail != want {
					t.Errorf("it says %q, not %q", l.links[1].Detail, want)
				}
			})
		})
	}
}
