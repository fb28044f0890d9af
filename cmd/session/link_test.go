package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// quiet stays up and says nothing until the client leaves.
func quiet(p *peer) {
	if p.accept() {
		<-p.gone
	}
}

// says sends messages and stays up.
func says(messages ...string) script {
	return func(p *peer) {
		if p.accept() && p.send(messages...) {
			<-p.gone
		}
	}
}

// closes sends messages, then a close frame.
func closes(code int, reason string, messages ...string) script {
	return func(p *peer) {
		if p.accept() && p.send(messages...) {
			p.close(code, reason)
		}
	}
}

// cut sends messages, then nothing but the end of the connection.
func cut(messages ...string) script {
	return func(p *peer) {
		if p.accept() {
			p.send(messages...)
		}
	}
}

// refuses refuses the handshake.
func refuses(status int, body string, headers ...string) script {
	return func(p *peer) { p.refuse(status, body, headers...) }
}

func TestFramesAndNewsComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1},
			closes(1001, "a restart", "a", "b"), cut("c"), says("d"))
		start := time.Now()
		l := follow(t.Context(), live, until("d", 1))
		l.expect(t, "connected", "a", "b", "lost closed", "restored", "c", "lost network", "restored", "d")
		for n, want := range []Link{
			{Status: Connected, Attempt: 1},
			{Status: Lost, Detail: "the service closed the link (1001): a restart"},
			{Status: Restored, Attempt: 1},
			{Status: Lost, Detail: "the connection was cut without a close frame"},
			{Status: Restored, Attempt: 1},
		} {
			got := l.link(t, n)
			if got.Status != want.Status || got.Detail != want.Detail || got.Attempt != want.Attempt {
				t.Errorf("news %d: %+v, not %+v", n, got, want)
			}
		}
		lost, restored := l.links[1], l.links[2]
		if lost.At != start || lost.Retry <= 0 || lost.Retry > 2*time.Second {
			t.Errorf("lost at %v, with a retry after %v", lost.At.Sub(start), lost.Retry)
		}
		if restored.At != start.Add(lost.Retry) || restored.Gap != lost.Retry {
			t.Errorf("restored %v after the start with a gap of %v; the retry was due after %v", restored.At.Sub(start), restored.Gap, lost.Retry)
		}
		s.playing.Wait()
		if s.most > 1 {
			t.Errorf("%d sockets were open at the same time", s.most)
		}
	})
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := func(p *peer) {
			if !p.accept() {
				return
			}
			for range 4 {
				time.Sleep(45 * time.Second)
				p.send("beat")
			}
			for p.ping() { // a proxy that answers for a dead service
				time.Sleep(10 * time.Second)
			}
		}
		live, _ := virtual(t, LiveOptions{Retries: -1}, beats, quiet)
		start := time.Now()
		l := follow(t.Context(), live, until("lost heartbeat_timeout", 2))
		l.expect(t, "connected", "beat", "beat", "beat", "beat", "lost heartbeat_timeout", "restored", "lost heartbeat_timeout")
		lost, restored := l.links[1], l.links[2]
		if at := lost.At.Sub(start); at != 4*45*time.Second+time.Minute {
			t.Errorf("lost after %v, not a minute after the last heartbeat", at)
		}
		if lost.Detail != "nothing received for 60s" {
			t.Errorf("lost with the words %q", lost.Detail)
		}
		if want := time.Minute + lost.Retry; restored.Gap != want {
			t.Errorf("the gap is %v, not %v from the last heartbeat on", restored.Gap, want)
		}
		if at := l.links[3].At.Sub(restored.At); at != time.Minute {
			t.Errorf("a link that never received anything was lost after %v, not a minute", at)
		}
	})
}

func TestHalfAFrameIsSilenceToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trickle := func(p *peer) {
			if !p.accept() {
				return
			}
			for _, b := range appendFrame(nil, 0x81, make([]byte, 120)) {
				if p.write([]byte{b}) != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}
		live, _ := virtual(t, LiveOptions{}, trickle)
		start := time.Now()
		l := follow(t.Context(), live, nil)
		l.expect(t, "connected", "lost heartbeat_timeout", "ended heartbeat_timeout")
		if took := time.Since(start); !within(took, time.Minute, 2*time.Second) {
			t.Errorf("it took %v to notice", took)
		}
	})
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := make([]script, 12)
		scripts = append(scripts, says("a"))
		live, s := virtual(t, LiveOptions{Retries: -1, MaxBackoff: 20 * time.Second}, scripts...)
		l := follow(t.Context(), live, until("a", 1))
		l.expect(t, "lost network", "connected", "a")
		if l.links[0].Attempt != 1 || l.links[1].Attempt != 13 {
			t.Errorf("the attempts are %d and %d, not 1 and 13", l.links[0].Attempt, l.links[1].Attempt)
		}
		limit, sum := 2*time.Second, time.Duration(0)
		for n := 1; n < len(s.dials); n++ {
			wait := s.dials[n].Sub(s.dials[n-1])
			if wait < leastRetry || wait > limit {
				t.Errorf("retry %d came after %v, not within %v", n, wait, limit)
			}
			limit, sum = min(2*limit, 20*time.Second), sum+wait
		}
		if sum < 20*time.Second {
			t.Errorf("12 retries within %v: that is no backoff", sum)
		}
	})
}

func TestBackoffSpreads(t *testing.T) {
	t.Parallel()
	for n, most := range []time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 9: time.Minute, 1000: time.Minute} {
		if most == 0 {
			continue
		}
		low, high := most, time.Duration(0)
		for range 1000 {
			d := backoff(n, time.Minute)
			low, high = min(low, d), max(high, d)
		}
		if high > most || high < most*8/10 || low > most/5 || low < leastRetry {
			t.Errorf("retry %d waits %v to %v; it should be anything up to %v", n, low, high, most)
		}
	}
	if d := backoff(7, 50*time.Millisecond); d != 50*time.Millisecond {
		t.Errorf("a limit of 50 ms became %v", d)
	}
}

func TestTheCounterStartsAnewAfterALinkThatReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: 4},
			nil, nil, cut("a"), // two failures, then up
			nil, nil, cut(), // a third one, two more, then up without a word
			nil) // the fifth in a row
		l := follow(t.Context(), live, nil)
		l.expect(t, "lost network", "connected", "a", "lost network", "restored", "lost network", "ended network")
		for n, want := range []int{1, 3, 0, 3, 3, 4} {
			if got := l.links[n].Attempt; got != want {
				t.Errorf("news %d (%s): attempt %d, not %d", n, l.links[n].Status, got, want)
			}
		}
		var givenUp *GivenUpError
		if !errors.As(l.err, &givenUp) || givenUp.Reason != "network" || givenUp.Tries != 4 {
			t.Errorf("the error is %#v", l.err)
		}
		if want := "the link was given up after 4 tries: cannot reach localhost: dial tcp: connection refused"; l.err.Error() != want {
			t.Errorf("it says %q, not %q", l.err, want)
		}
	})
}

func TestNoReconnect(t *testing.T) {
	for name, test := range map[string]struct {
		script script
		want   []string
	}{
		"no service":  {nil, []string{"lost network", "ended network"}},
		"close frame": {closes(1000, "", "a"), []string{"connected", "a", "lost closed", "ended closed"}},
		"cut":         {cut("a"), []string{"connected", "a", "lost network", "ended network"}},
		"silence":     {says("a"), []string{"connected", "a", "lost heartbeat_timeout", "ended heartbeat_timeout"}},
		"a pong that nobody reads": {func(p *peer) {
			if p.answer(p.read()) && p.send("a") {
				p.ping()
				time.Sleep(time.Minute)
			}
		}, []string{"connected", "a", "lost network", "ended network"}},
		"trouble": {refuses(503, ""), []string{"lost server_error", "ended server_error"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, s := virtual(t, LiveOptions{}, test.script)
				l := follow(t.Context(), live, nil)
				l.expect(t, test.want...)
				var givenUp *GivenUpError
				if !errors.As(l.err, &givenUp) {
					t.Errorf("the error is %#v", l.err)
				}
				if len(s.dials) != 1 {
					t.Errorf("%d dials", len(s.dials))
				}
				for _, news := range l.links {
					if news.Retry != 0 {
						t.Errorf("%s promises a retry", news.Status)
					}
				}
			})
		})
	}
}

func TestRefusedHandshakes(t *testing.T) {
	date := func(after time.Duration) string {
		return "Retry-After: " + time.Now().Add(after).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	}
	for name, test := range map[string]struct {
		script func() script
		lost   string
		detail string
		wait   time.Duration // 0: the usual
	}{
		"seconds": {func() script { return refuses(429, "slow down", "Retry-After: 137") },
			"lost rate_limited", "the service answered 429 Too Many Requests: slow down", 137 * time.Second},
		"date": {func() script { return refuses(429, "", date(90*time.Second)) },
			"lost rate_limited", "the service answered 429 Too Many Requests", 90 * time.Second},
		"past":         {func() script { return refuses(429, "", date(-time.Hour)) }, "lost rate_limited", "", 0},
		"nonsense":     {func() script { return refuses(429, "", "Retry-After: soon") }, "lost rate_limited", "", 0},
		"negative":     {func() script { return refuses(429, "", "Retry-After: -5") }, "lost rate_limited", "", 0},
		"far date":     {func() script { return refuses(429, "", date(1000*time.Hour)) }, "lost rate_limited", "", 24 * time.Hour},
		"absurd":       {func() script { return refuses(429, "", "Retry-After: 99999999999999999999") }, "lost rate_limited", "", 24 * time.Hour},
		"without":      {func() script { return refuses(429, "") }, "lost rate_limited", "", 0},
		"busy":         {func() script { return refuses(503, "", "Retry-After: 7") }, "lost server_error", "", 7 * time.Second},
		"bad gateway":  {func() script { return refuses(502, "<html>", "Content-Type: text/html") }, "lost server_error", "the service answered 502 Bad Gateway", 0},
		"redirect":     {func() script { return refuses(302, "", "Location: ws://localhost/elsewhere") }, "lost refused", "the service answered 302 Found, a redirect, which is not followed", 0},
		"not found":    {func() script { return refuses(404, "") }, "lost refused", "the service answered 404 Not Found, which is no WebSocket", 0},
		"no WebSocket": {func() script { return refuses(200, "hello") }, "lost refused", "the service answered 200 OK, which is no WebSocket: hello", 0},
		"wrong upgrade": {func() script {
			return refuses(101, "", "Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Accept: x")
		}, "lost protocol", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, s := virtual(t, LiveOptions{Retries: -1}, test.script(), says("a"))
				l := follow(t.Context(), live, until("a", 1))
				l.expect(t, test.lost, "connected", "a")
				if test.detail != "" && l.links[0].Detail != test.detail {
					t.Errorf("it says %q, not %q", l.links[0].Detail, test.detail)
				}
				wait := s.dials[1].Sub(s.dials[0])
				if test.wait > 0 && !within(wait, test.wait, time.Second) || test.wait == 0 && wait > 2*time.Second {
					t.Errorf("the retry came after %v", wait)
				}
				if l.links[0].Retry != wait {
					t.Errorf("%v was promised, %v it was", l.links[0].Retry, wait)
				}
			})
		})
	}
}

func TestAHandshakeTakes15SecondsAtMost(t *testing.T) {
	for name, act := range map[string]script{
		"mute": func(p *peer) { p.read(); p.SetReadDeadline(time.Time{}); p.Read(make([]byte, 1)) },
		"endless": func(p *peer) {
			p.read()
			for p.write([]byte("HTTP/1.1 101 Switching Protocols\r\n")[:1]) == nil {
				time.Sleep(time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{}, act)
				start := time.Now()
				l := follow(t.Context(), live, nil)
				l.expect(t, "lost network", "ended network")
				if took := time.Since(start); took != handshakeTimeout {
					t.Errorf("it took %v", took)
				}
				if want := "localhost did not answer the handshake within 15s"; l.links[0].Detail != want {
					t.Errorf("it says %q, not %q", l.links[0].Detail, want)
				}
			})
		})
	}
}

func TestAnHugeHeaderIsNotSwallowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		live, s := virtual(t, LiveOptions{}, func(p *peer) {
			p.read()
			for p.write(make([]byte, 1<<10)) == nil {
				sent += 1 << 10
			}
		})
		l := follow(t.Context(), live, nil)
		s.playing.Wait()
		if l.err == nil || sent > 4*maxHeader {
			t.Errorf("%d bytes of a header were read (%v)", sent, l.err)
		}
	})
}

func TestMoreTellsWhenAFlushIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			if !p.accept() {
				return
			}
			p.send("alone")
			time.Sleep(time.Second)
			p.write(framed([][]byte{[]byte("1"), []byte("2"), []byte("3")}))
			time.Sleep(time.Second)
			p.write(framed([][]byte{[]byte("4"), []byte("5")}))
			<-p.gone
		})
		more := map[string]bool{}
		follow(t.Context(), live, func(l *log, item Item) bool {
			if item.Link != nil {
				synctest.Wait() // the first frame arrives meanwhile
				more["connected"] = item.More
				return true
			}
			more[string(item.Frame)] = item.More
			if string(item.Frame) == "2" {
				time.Sleep(2 * time.Second) // 4 and 5 arrive meanwhile
			}
			return string(item.Frame) != "5"
		})
		for line, want := range map[string]bool{"alone": false, "1": true, "2": true, "3": true, "4": true, "5": false} {
			if more[line] != want {
				t.Errorf("More is %v with %q", more[line], line)
			}
		}
	})
}
