package session

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCancelYieldsWhatWasReceivedAndSendsACloseFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 0
		live, s := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			says("a", "b", "c")(p)
			left = <-p.left
		})
		ctx, cancel := context.WithCancel(t.Context())
		l := follow(ctx, live, func(l *log, item Item) bool {
			if l.last() == "a" {
				synctest.Wait() // b and c are received
				cancel()
				synctest.Wait()
			}
			return true
		})
		l.expect(t, "connected", "a", "b", "c")
		if l.err != nil {
			t.Errorf("it ended with %v", l.err)
		}
		s.running.Wait()
		if left != 1000 {
			t.Errorf("the close code was %d", left)
		}
	})
}

// What was received and did not fit into the buffer yet is yielded after a cancel too.
func TestCancelWithAFullBufferLosesNothing(t *testing.T) {
	for range 10 { // whether the link sees the cancel or the next batch first is a matter of chance
		synctest.Test(t, func(t *testing.T) {
			var taken atomic.Int64
			received := 0
			live, _ := virtual(t, LiveOptions{Buffer: 10_000}, func(p *peer) { floods(p, &taken, 3000) })
			ctx, cancel := context.WithCancel(t.Context())
			l := follow(ctx, live, func(_ *log, item Item) bool {
				if item.Link != nil {
					time.Sleep(sec)
					received = int(taken.Load())
					cancel()
				}
				return true
			})
			if n := len(l.frames); n < received || l.frames[n-1] != padded(n-1) {
				t.Errorf("%d frames, and %d were received", n, received)
			}
		})
	}
}

// The consumer has every item before the socket is closed: it can write the last
// line of a count without waiting for the service.
func TestLeavingTheLoopClosesTheSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var closedAt time.Duration
		live, s := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			p.mute = true
			if !p.accept() || !p.send("a", "b", "c") {
				return
			}
			if code := <-p.left; code != 1000 {
				t.Errorf("the close code was %d", code)
			}
			closedAt = time.Since(start)
			<-p.gone
		})
		follow(t.Context(), live, func(l *log, item Item) bool {
			if l.last() != "b" {
				return true
			}
			time.Sleep(3 * sec) // the output is written
			return false
		}).expect(t, "connected", "a", "b")
		s.running.Wait()
		if took := time.Since(start); closedAt != 3*sec || took != 3*sec+closeWait {
			t.Errorf("the close frame came after %v, and the end after %v", closedAt, took)
		}
	})
}

func TestADeadServiceDelaysTheEndByHalfASecondAtMost(t *testing.T) {
	for name, act := range map[string]handler{
		"does not answer": func(p *peer) {
			p.mute = true
			says("a")(p)
		},
		"does not read": func(p *peer) {
			// Not even the close frame goes out, since nobody takes it.
			if p.answer(p.read()) && p.send("a") {
				time.Sleep(time.Minute)
			}
		},
		"does not read the answer to its ping": func(p *peer) {
			if p.answer(p.read()) && p.send("a") {
				time.Sleep(4 * sec)
				p.ping()
				time.Sleep(time.Minute)
			}
		},
		"talks on": func(p *peer) {
			p.mute = true
			for ok := p.accept(); ok; time.Sleep(time.Millisecond) {
				ok = p.send("a")
			}
		},
		"half a frame": func(p *peer) {
			p.mute = true
			if p.accept() && p.send("a") {
				p.write(appendMessages(nil, padded(1))[:50])
				<-p.gone
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Retries: -1}, act)
				ctx, cancel := contextFor(t, 5*sec)
				defer cancel()
				start := time.Now()
				l := follow(ctx, live, nil)
				if took := time.Since(start); took > 5*sec+closeWait || l.err != nil || len(l.lines) < 2 {
					t.Errorf("it took %v and ended with %v after %d items", took, l.err, len(l.lines))
				}
			})
		})
	}
}

func TestCancelAtAnyTime(t *testing.T) {
	for name, test := range map[string]struct {
		act    handler
		tokens Tokens
		want   []string // nil: any
	}{
		"while dialling":        {func(p *peer) { time.Sleep(time.Minute) }, nil, []string{}},
		"in the handshake":      {func(p *peer) { p.read(); p.Read(make([]byte, 1)) }, nil, []string{}},
		"before a retry":        {nil, nil, []string{"lost network"}},
		"asking for a token":    {nil, tokenNever{}, []string{}},
		"while nothing is said": {quiet, nil, []string{"connected"}},
		"in the close of a drain": {func(p *peer) {
			p.mute = true
			at(0*sec, "info", 7900*time.Millisecond, "replaced")(p)
		}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Retries: -1, Tokens: test.tokens}, test.act)
				ctx, cancel := contextFor(t, 10*sec)
				defer cancel()
				start := time.Now()
				l := follow(ctx, live, nil)
				if took := time.Since(start); took > 10*sec+closeWait || l.err != nil {
					t.Errorf("it took %v and ended with %v", took, l.err)
				}
				if test.want != nil {
					l.expect(t, test.want...)
				}
			})
		})
	}
}

// tokenNever has no token until ctx is done.
type tokenNever struct{}

func (tokenNever) Token(ctx context.Context, _ string) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

func TestNothingIsDialledAfterCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1}, quiet)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		l := follow(ctx, live, nil)
		l.expect(t)
		if len(s.dials) > 0 || l.err != nil {
			t.Errorf("%d dials, and %v", len(s.dials), l.err)
		}
	})
}

// A consumer that is blocked with a full buffer can leave, too.
func TestLeavingWithAFullBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Buffer: 10_000}, func(p *peer) {
			for ok := p.accept(); ok; {
				ok = p.send(padded(0))
			}
		})
		ctx, cancel := contextFor(t, 5*sec)
		defer cancel()
		start := time.Now()
		follow(ctx, live, func(l *log, item Item) bool {
			time.Sleep(10 * sec)
			return len(l.lines) < 2
		})
		if took := time.Since(start); took > 20*sec+closeWait {
			t.Errorf("it took %v", took)
		}
	})
}
