package session

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestCancelSendsACloseFrameAndYieldsWhatWasReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 0
		live, s := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			says("a", "b", "c")(p)
			left = <-p.left
		})
		ctx, cancel := context.WithCancel(t.Context())
		l := follow(ctx, live, func(l *log, item Item) bool {
			if l.lines[len(l.lines)-1] == "a" {
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
		s.playing.Wait()
		if left != 1000 {
			t.Errorf("the close code was %d", left)
		}
	})
}

func TestLeavingTheLoopClosesTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 0
		live, s := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			says("a", "b", "c")(p)
			left = <-p.left
		})
		follow(t.Context(), live, until("b", 1)).expect(t, "connected", "a", "b")
		s.playing.Wait()
		if left != 1000 {
			t.Errorf("the close code was %d", left)
		}
	})
}

func TestTheAnswerToTheCloseFrameIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			p.mute = true
			if p.accept() && p.send("a") {
				code := <-p.left
				time.Sleep(500 * time.Millisecond)
				p.write(appendFrame(nil, 0x88, []byte{byte(code >> 8), byte(code)}))
				<-p.gone
			}
		})
		start := time.Now()
		follow(t.Context(), live, until("a", 1))
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestADeadServiceDelaysTheEndByASecondAtMost(t *testing.T) {
	for name, act := range map[string]script{
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
				time.Sleep(4 * time.Second)
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
				p.write(appendFrame(nil, 0x81, make([]byte, 100))[:50])
				<-p.gone
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Retries: -1}, act)
				ctx, cancel := context.WithCancel(t.Context())
				var stopped time.Time
				time.AfterFunc(5*time.Second, func() {
					stopped = time.Now()
					cancel()
				})
				l := follow(ctx, live, nil)
				if took := time.Since(stopped); took > closeWait || l.err != nil || len(l.lines) < 2 {
					t.Errorf("it took %v and ended with %v after %d items", took, l.err, len(l.lines))
				}
			})
		})
	}
}

func TestCancelAtAnyTime(t *testing.T) {
	for name, test := range map[string]struct {
		act    script
		tokens Tokens
	}{
		"while dialling":        {func(p *peer) { time.Sleep(time.Minute) }, nil},
		"in the handshake":      {func(p *peer) { p.read(); p.Read(make([]byte, 1)) }, nil},
		"before a retry":        {nil, nil},
		"asking for a token":    {nil, waiting{}},
		"while nothing is said": {quiet, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Retries: -1, Tokens: test.tokens}, test.act)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				l := follow(ctx, live, nil)
				if took := time.Since(start); took != 10*time.Second || l.err != nil {
					t.Errorf("it took %v and ended with %v", took, l.err)
				}
			})
		})
	}
}

// waiting has no token until ctx is done.
type waiting struct{}

func (waiting) Token(ctx context.Context, _ string) (string, error) {
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
