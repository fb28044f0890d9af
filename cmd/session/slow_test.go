package session

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// padded returns an action of that number with a thousand bytes.
func padded(n int) string {
	return fmt.Sprintf(`{"action":"n%07d","pad":"%s"}`, n, strings.Repeat("x", 970))
}

// floods sends padded actions and counts what the client takes.
func floods(p *peer, taken *atomic.Int64, most int) {
	if !p.accept() {
		return
	}
	for n := 0; n < most && p.send(padded(n)); n++ {
		taken.Add(1)
	}
	<-p.gone
}

func TestASlowReaderLosesNothing(t *testing.T) {
	for _, buffer := range []int{64 << 10, 5 << 20} {
		const all = 8000
		synctest.Test(t, func(t *testing.T) {
			var taken atomic.Int64
			live, _ := virtual(t, LiveOptions{Buffer: buffer}, func(p *peer) { floods(p, &taken, all) })
			follow(t.Context(), live, func(l *log, item Item) bool {
				if item.Link != nil {
					time.Sleep(10 * time.Minute) // stdout is blocked
					most := int64(buffer+3*batchBytes) / 1000
					if n := taken.Load(); n < int64(buffer/1100) || n > most || !live.Stats().Full {
						t.Errorf("%d frames were taken for a buffer of %d bytes: %+v", n, buffer, live.Stats())
					}
					return true
				}
				n := len(l.frames)
				if l.frames[n-1] != padded(n-1) {
					t.Fatalf("frame %d is %.30q", n-1, l.frames[n-1])
				}
				return n < all
			})
			if taken.Load() != all {
				t.Errorf("%d frames of %d were taken", taken.Load(), all)
			}
		})
	}
}

// A consumer that is at work, only slower than the service, must not make the
// memory grow, not even after it was blocked.
func TestBusyReaderPausesTheSocketEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int64
		live, _ := virtual(t, LiveOptions{Buffer: 4 << 20}, func(p *peer) { floods(p, &taken, math.MaxInt) })
		follow(t.Context(), live, func(l *log, item Item) bool {
			n := len(l.frames)
			waiting := int(taken.Load()) - n
			switch {
			case n == 1:
				time.Sleep(sec)
				if waiting = int(taken.Load()); waiting*1000 < 3<<20 {
					t.Errorf("%d frames were waiting for a blocked reader", waiting)
				}
			case n > 6000 && waiting*1000 > runAhead+3*batchBytes:
				t.Fatalf("%d frames were waiting", waiting)
			}
			time.Sleep(100 * time.Microsecond)
			return n < 8000
		})
	})
}

// The library gives a ping five seconds from its second byte on: a full buffer
// must not hold it back in the middle.
func TestFullBufferDoesNotCutAPing(t *testing.T) {
	ping := appendFrame(nil, pingFrame, "0123456789")
	large := `{"action":"large","pad":"` + strings.Repeat("x", 50_000) + `"}`
	for cut := range ping {
		synctest.Test(t, func(t *testing.T) {
			live, _ := virtual(t, LiveOptions{Buffer: 40_000}, func(p *peer) {
				// One batch fills the buffer, one waits for room in it, and one waits
				// for that.
				if p.accept() && p.send(large, "a") && p.write(slices.Concat(appendMessages(nil, "b"), ping[:cut])) {
					p.write(ping[cut:])
					p.send("last")
					<-p.gone
				}
			})
			l := follow(t.Context(), live, func(l *log, item Item) bool {
				if l.last() == "large" {
					time.Sleep(20 * sec)
				}
				return l.last() != "last"
			})
			l.expect(t, "connected", "large", "a", "b", "last")
		})
	}
}

func TestPingsAreAnsweredWhileTheReaderIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answered := 0
		live, s := virtual(t, LiveOptions{}, func(p *peer) {
			for ok := p.accept(); ok && answered < 10; answered++ {
				p.send(padded(0), "a")
				ok = p.ping()
				<-p.answers
			}
			<-p.gone
		})
		start := time.Now()
		follow(t.Context(), live, func(l *log, item Item) bool {
			time.Sleep(time.Minute)
			return false
		})
		s.running.Wait()
		if answered != 10 || time.Since(start) != time.Minute {
			t.Errorf("%d pings of 10 were answered", answered)
		}
	})
}

// A pong that cannot be written ends nothing: what has arrived is delivered, and
// the reason is that of the end of reading.
func TestUnreadPongs(t *testing.T) {
	for name, pause := range map[string]time.Duration{"a fast reader": 0, "a slow reader": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Buffer: 64 << 10}, func(p *peer) {
					if !p.answer(p.read()) { // and reads nothing more
						return
					}
					for n := range 3000 {
						if n%100 == 50 {
							p.ping()
						}
						p.send(padded(n))
					}
					p.write(appendClose(nil, 1001, "a restart"))
				})
				l := follow(t.Context(), live, func(l *log, item Item) bool {
					time.Sleep(pause)
					return true
				})
				if len(l.frames) != 3000 || l.frames[2999] != padded(2999) {
					t.Errorf("%d frames of 3000", len(l.frames))
				}
				if lost := l.link(t, 1); lost.Reason != reasonClosed || lost.Detail != "the service closed the link (1001): a restart" {
					t.Errorf("%+v", lost)
				}
				if took := l.link(t, 1).At.Sub(l.links[0].At); pause == 0 && took != writeTimeout {
					t.Errorf("the pongs held reading up for %v", took)
				}
			})
		})
	}
}

// A stopped connection returns nothing more once it has read a message with the
// word "stop", until it is told to go on: as if the process was stopped.
type stopped struct {
	net.Conn
	goOn <-chan struct{}
}

func (s *stopped) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if bytes.Contains(p[:n], []byte(`"stop"`)) {
		<-s.goOn
	}
	return n, err
}

// Pings arrive while the client does not read, and the connection has an end
// before it answers them. Everything before the end is delivered.
func TestPongsAfterTheEnd(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems drop what has arrived before a reset")
	}
	t.Parallel()
	var sent []byte
	for n, m := range numbered(1, 300) {
		if n%100 == 0 {
			sent = appendFrame(sent, pingFrame, "?")
		}
		sent = appendMessages(sent, m)
	}
	for name, test := range map[string]struct {
		end    func(p *peer)
		lost   string
		detail string // "": any
	}{
		"close frame": {func(p *peer) { p.write(appendClose(nil, 1001, "bye")) }, "lost closed", "the service closed the link (1001): bye"},
		"reset":       {func(p *peer) { p.Conn.(*net.TCPConn).SetLinger(0) }, "lost network", ""},
		"cut":         {func(*peer) {}, "lost network", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := make(chan struct{})
			o := LiveOptions{URL: loopback(t, func(p *peer) {
				defer close(over)
				if !p.accept() || !p.ping() {
					return
				}
				<-p.answers // the client is beyond the handshake
				p.send("stop")
				p.write(sent)
				test.end(p)
				p.Close()
			})}
			o.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return &stopped{conn, over}, err
			}
			l := follow(t.Context(), newLive(t, o), nil)
			if len(l.frames) != 301 || l.frames[300] != frame("n0000300") || l.lines[302] != test.lost {
				t.Errorf("%d frames of 301, and at last %q", len(l.frames), l.lines[len(l.lines)-3:])
			}
			if got := l.link(t, 1).Detail; test.detail != "" && got != test.detail {
				t.Errorf("the detail is %q, want %q", got, test.detail)
			}
		})
	}
}

// What was read is handed over even when it filled the buffer to its last byte.
func TestAReadThatFillsTheBuffer(t *testing.T) {
	var sent []byte
	for len(sent) < batchBytes-1000 {
		sent = appendMessages(sent, padded(len(sent)))
	}
	last := `{"action":"last","pad":"`
	last += strings.Repeat("x", batchBytes-len(sent)-4-len(last)-2) + `"}`
	sent = appendMessages(sent, last)
	if len(sent) != batchBytes {
		t.Fatalf("%d bytes", len(sent))
	}
	l, _ := run(t, LiveOptions{}, "last", func(p *peer) {
		if p.accept() {
			time.Sleep(sec) // a read of its own
			p.write(sent)
			<-p.gone
		}
	})
	if took := l.received["last"].Sub(l.links[0].At); took != sec {
		t.Errorf("the last frame came after %v", took)
	}
}
