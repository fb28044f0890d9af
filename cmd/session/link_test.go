package session

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

const sec = time.Second

func TestActionsAndLinkEventsComeInOrder(t *testing.T) {
	l, s := run(t, LiveOptions{Retries: -1}, "d",
		closes(1001, "a restart", "a", "b"), cut("c"), says("d"))
	l.expect(t, "connected", "a", "b", "lost closed", "restored", "c", "lost network", "restored", "d")
	for n, want := range []LinkEvent{
		{Status: Connected, Attempt: 1},
		{Status: Lost, Detail: "the service closed the link (1001): a restart", Attempt: 1},
		{Status: Restored, Attempt: 2},
		{Status: Lost, Detail: "the connection was cut without a close frame", Attempt: 2},
		{Status: Restored, Attempt: 3},
	} {
		got := l.link(t, n)
		if got.Status != want.Status || got.Detail != want.Detail || got.Attempt != want.Attempt || got.NeverUp || got.SameSocket {
			t.Errorf("link event %d: %+v, want %+v", n, got, want)
		}
	}
	lost, restored := l.links[1], l.links[2]
	if lost.At != s.dials[0] || lost.Retry <= 0 || lost.Retry > 2*sec {
		t.Errorf("lost at %v, with a retry after %v", lost.At.Sub(s.dials[0]), lost.Retry)
	}
	if restored.At != s.dials[0].Add(lost.Retry) || restored.Gap != lost.Retry {
		t.Errorf("restored %v after the s.dials[0] with a gap of %v, want %v", restored.At.Sub(s.dials[0]), restored.Gap, lost.Retry)
	}
	if s.most > 1 {
		t.Errorf("%d sockets were open at the same time", s.most)
	}
}

func TestBrokenFramesKeepTheirPlace(t *testing.T) {
	l, _ := run(t, LiveOptions{}, "", closes(1000, "", "a", "not JSON", "", `{"action":""}`, "\ufeff"+`{"action":"b"}`))
	l.expect(t, "connected", "a", "broken", "broken", "broken", "b", "lost closed", "ended closed")
	if l.frames[1] != "not JSON" || l.frames[2] != "" {
		t.Errorf("the frames are %q", l.frames)
	}
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := func(p *peer) {
			if !p.accept() {
				return
			}
			for range 4 {
				time.Sleep(45 * sec)
				p.send("heartbeat")
			}
			for range 5 { // a proxy that answers for a dead service
				time.Sleep(10 * sec)
				p.ping()
				p.send("broken frame")
			}
			p.write(appendMessages(nil, "heartbeat")[:8])
			<-p.gone
		}
		live, _ := virtual(t, LiveOptions{Retries: -1}, beats, quiet)
		start := time.Now()
		l := follow(t.Context(), live, until("lost heartbeat_timeout", 2))
		lost, restored := l.link(t, 1), l.link(t, 2)
		if at := lost.At.Sub(start); lost.Reason != reasonSilent || at != 4*45*sec+time.Minute {
			t.Errorf("lost (%s) after %v, want a minute after the last heartbeat", lost.Reason, at)
		}
		if lost.Detail != "nothing received for 60s" {
			t.Errorf("the detail is %q", lost.Detail)
		}
		if want := time.Minute + lost.Retry; restored.Gap != want {
			t.Errorf("the gap is %v, want %v: since the last heartbeat", restored.Gap, want)
		}
		if at := l.link(t, 3).At.Sub(restored.At); at != time.Minute {
			t.Errorf("a link that never received anything was lost after %v, want a minute", at)
		}
	})
}

func TestBackoff(t *testing.T) {
	handlers := make([]handler, 12)
	handlers = append(handlers, says("a"))
	l, s := run(t, LiveOptions{Retries: -1, MaxBackoff: 20 * sec}, "a", handlers...)
	l.expect(t, "lost network", "connected", "a")
	if l.links[0].Attempt != 1 || !l.links[0].NeverUp || l.links[1].Attempt != 13 {
		t.Errorf("%+v, then %+v", l.links[0], l.links[1])
	}
	limit, sum := 2*sec, time.Duration(0)
	for n := 1; n < len(s.dials); n++ {
		wait := s.dials[n].Sub(s.dials[n-1])
		if wait <= 0 || wait > limit {
			t.Errorf("retry %d came after %v, want at most %v", n, wait, limit)
		}
		limit, sum = min(2*limit, 20*sec), sum+wait
	}
	if sum < 20*sec {
		t.Errorf("12 retries within %v: want exponential backoff", sum)
	}
}

// The count of attempts starts again after a link that received an action and
// lasted ten seconds, and only then.
func TestAttemptsAreCountedFromTheLastStableLink(t *testing.T) {
	lasts := func(d time.Duration, messages ...string) handler {
		return func(p *peer) {
			if p.accept() && p.send(messages...) {
				time.Sleep(d)
			}
		}
	}
	for name, test := range map[string]struct {
		second handler
		dials  int
		tries  int // that the error tells
	}{
		"stable":             {lasts(10*sec, "a"), 5, 3},
		"too short":          {lasts(9*sec, "a"), 4, 4},
		"without any action": {lasts(59*sec, "broken frame"), 4, 4},
	} {
		t.Run(name, func(t *testing.T) {
			l, s := run(t, LiveOptions{Retries: 3}, "", nil, test.second, nil)
			var givenUp *GivenUpError
			if !errors.As(l.err, &givenUp) || givenUp.Tries != test.tries || len(s.dials) != test.dials {
				t.Errorf("%d dials, and then %v; want %d, and %d attempts", len(s.dials), l.err, test.dials, test.tries)
			}
		})
	}
}

func TestBackoffWhenTheServiceClosesAfterOneFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Retries: -1}, closes(1001, "", "a"))
		ctx, cancel := contextFor(t, 300*sec)
		defer cancel()
		follow(ctx, live, nil)
		s.running.Wait()
		if n := len(s.dials); n < 4 || n > 40 {
			t.Errorf("%d dials in 300 seconds", n)
		}
	})
}

func TestNoReconnect(t *testing.T) {
	for name, test := range map[string]struct {
		handler handler
		want    []string
	}{
		"no service":   {nil, []string{"lost network", "ended network"}},
		"close frame":  {closes(1000, "", "a"), []string{"connected", "a", "lost closed", "ended closed"}},
		"cut":          {cut("a"), []string{"connected", "a", "lost network", "ended network"}},
		"silence":      {says("a"), []string{"connected", "a", "lost heartbeat_timeout", "ended heartbeat_timeout"}},
		"server error": {refuses(503, ""), []string{"lost server_error", "ended server_error"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, s := run(t, LiveOptions{}, "", test.handler)
			l.expect(t, test.want...)
			var givenUp *GivenUpError
			if !errors.As(l.err, &givenUp) || len(s.dials) != 1 {
				t.Errorf("after %d dials: %#v", len(s.dials), l.err)
			}
			neverUp := test.want[0] != "connected"
			for _, event := range l.links {
				if event.Retry != 0 || event.Status == Lost && event.NeverUp != neverUp {
					t.Errorf("%+v", event)
				}
			}
		})
	}
}

func TestRefusedHandshakes(t *testing.T) {
	date := func(after time.Duration) string {
		return "Retry-After: " + time.Now().Add(after).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	}
	for name, test := range map[string]struct {
		handler handler
		lost    string
		detail  string
		wait    time.Duration // 0: the usual
	}{
		"seconds": {refuses(429, "slow down", "Retry-After: 137"),
			"lost rate_limited", "the service answered 429 Too Many Requests: slow down", 137 * sec},
		"date": {func(p *peer) { refuses(429, "", date(90*sec))(p) },
			"lost rate_limited", "the service answered 429 Too Many Requests", 90 * sec},
		"past":        {func(p *peer) { refuses(429, "", date(-time.Hour))(p) }, "lost rate_limited", "", 0},
		"nonsense":    {refuses(429, "", "Retry-After: soon"), "lost rate_limited", "", 0},
		"without":     {refuses(429, ""), "lost rate_limited", "", 0},
		"busy":        {refuses(503, "", "Retry-After: 7"), "lost server_error", "", 7 * sec},
		"bad gateway": {refuses(502, "<html>", "Content-Type: text/html"), "lost server_error", "the service answered 502 Bad Gateway", 0},
		"redirect":    {refuses(302, "", "Location: ws://localhost/elsewhere"), "lost refused", "the service answered 302 Found, a redirect, which is not followed", 0},
		"no place":    {refuses(302, ""), "lost refused", "the service answered 302 Found, a redirect, which is not followed", 0},
		"not found":   {refuses(404, ""), "lost refused", "the service answered 404 Not Found instead of a WebSocket", 0},
		"a page":      {refuses(200, "hello"), "lost refused", "the service answered 200 OK instead of a WebSocket: hello", 0},
		"wrong key":   {refuses(101, "", "Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Accept: x"), "lost protocol", "", 0},
		"not HTTP":    {func(p *peer) { p.read(); p.write([]byte("SSH-2.0-OpenSSH\r\n")) }, "lost protocol", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			l, s := run(t, LiveOptions{Retries: -1}, "a", test.handler, says("a"))
			l.expect(t, test.lost, "connected", "a")
			if test.detail != "" && l.links[0].Detail != test.detail {
				t.Errorf("the detail is %q, want %q", l.links[0].Detail, test.detail)
			}
			wait := s.dials[1].Sub(s.dials[0])
			if test.wait > 0 && !within(wait, test.wait, sec) || test.wait == 0 && wait > 2*sec {
				t.Errorf("the retry came after %v", wait)
			}
			if l.links[0].Retry != wait {
				t.Errorf("the retry was announced for %v and came after %v", l.links[0].Retry, wait)
			}
		})
	}
}

func TestAHandshakeTakes15SecondsAtMost(t *testing.T) {
	for name, act := range map[string]handler{
		"mute": func(p *peer) { p.read(); p.Read(make([]byte, 1)) },
		"endless": func(p *peer) {
			p.read()
			for p.write([]byte("H")) {
				time.Sleep(sec)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, s := run(t, LiveOptions{}, "", act)
			l.expect(t, "lost network", "ended network")
			if took := l.links[len(l.links)-1].At.Sub(s.dials[0]); took != 15*sec {
				t.Errorf("it took %v", took)
			}
			if want := "localhost did not answer the handshake within 15s"; l.links[0].Detail != want {
				t.Errorf("the detail is %q, want %q", l.links[0].Detail, want)
			}
		})
	}
}

// No goroutine of a TLS handshake without an answer remains. Package http goes on
// with it when the request has ended.
func TestATLSHandshakeThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan struct{})
		o, _ := overPipes(t, LiveOptions{}, func(p *peer) {
			io.Copy(io.Discard, p)
			close(closed)
		})
		o.URL = "wss://localhost/ws"
		l := follow(t.Context(), newLive(t, o), nil)
		l.expect(t, "lost network", "ended network")
		<-closed
	})
}

func TestResponseHeaderIsLimited(t *testing.T) {
	sent := 0
	l, _ := run(t, LiveOptions{}, "", func(p *peer) {
		for p.read(); p.write(make([]byte, 1<<10)); {
			sent += 1 << 10
		}
	})
	if l.err == nil || sent > 4*maxHeader {
		t.Errorf("%d bytes of a header were read (%v)", sent, l.err)
	}
}

func TestMoreIsFalseWhenAFlushIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Retries: -1}, func(p *peer) {
			if !p.accept() {
				return
			}
			p.send("alone")
			time.Sleep(sec)
			p.write(appendMessages(nil, "1", "2", "3"))
			<-p.gone
		})
		more := map[string]bool{}
		follow(t.Context(), live, func(l *log, item Item) bool {
			synctest.Wait() // what is there has been received
			more[l.last()] = item.More
			return l.last() != "3"
		})
		for line, want := range map[string]bool{"alone": false, "1": true, "2": true, "3": false} {
			if more[line] != want {
				t.Errorf("More is %v with %q", more[line], line)
			}
		}
	})
}

func TestTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, says("a"))
		ctx, cancel := contextFor(t, 10*sec)
		defer cancel()
		ticks, last := 0, time.Now()
		for item := range live.Items(ctx) {
			if item.Link == nil && item.Action == nil {
				ticks++
			}
			if wait := item.Received.Sub(last); wait > sec {
				t.Errorf("nothing came for %v", wait)
			}
			last = item.Received
		}
		if ticks < 10 {
			t.Errorf("%d ticks in ten quiet seconds", ticks)
		}
	})
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, func(p *peer) {
			if p.accept() {
				time.Sleep(5 * sec)
				p.send("a", "b", "c")
				<-p.gone
			}
		})
		start := time.Now()
		if s := live.Stats(); s != (Stats{}) {
			t.Errorf("before anything: %+v", s)
		}
		follow(t.Context(), live, func(l *log, item Item) bool {
			if item.Link != nil {
				time.Sleep(10 * sec)
				if s := live.Stats(); s.Frames != 3 || s.Heard != start.Add(5*sec) || s.Full {
					t.Errorf("with three frames waiting: %+v", s)
				}
			}
			return l.last() != "c"
		})
	})
}

func TestLiveOptions(t *testing.T) {
	t.Parallel()
	if _, err := NewLive(LiveOptions{URL: "ws://chat.example/ws", Tokens: fixed("t")}); err == nil {
		t.Error("an unencrypted link to another machine is accepted")
	}
	if _, err := NewLive(LiveOptions{URL: "ws://localhost/ws"}); err == nil {
		t.Error("no Tokens are accepted")
	}
	var _ Source = (*Live)(nil)
	var _ Source = (*Replay)(nil)
}
