package session

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Wherever the bytes of messages are cut on their way, and whatever stands
// between them, each is one frame, and the last one before a close frame too.
func TestWhereMessagesEnd(t *testing.T) {
	for _, piece := range []int{1, 2, 3, 7, 100, batchBytes - 1, 10 * batchBytes} {
		large := strings.Repeat("x", min(3*batchBytes+5, 500*piece))
		var sent []byte
		for _, f := range []struct {
			first   byte
			payload string
		}{
			{textFrame, "whole"}, {textFragment, "in "}, {pingFrame, "?"}, {middleFrame, ""}, {lastFragment, "two"},
			{textFrame, ""}, {textFragment, "an empty end"}, {lastFragment, ""}, {textFrame, large}, {0x82, "binary"},
			{pongFrame, "!"}, {textFragment, large}, {lastFragment, "+"}, {textFrame, "last"},
		} {
			sent = appendFrame(sent, f.first, f.payload)
		}
		sent = appendClose(sent, 1000, "")
		l, _ := run(t, LiveOptions{}, "", func(p *peer) {
			for ok, rest := p.accept(), sent; ok && len(rest) > 0; rest = rest[min(piece, len(rest)):] {
				ok = p.write(rest[:min(piece, len(rest))])
			}
			<-p.left
		})
		want := []string{"whole", "in two", "", "an empty end", large, "binary", large + "+", "last"}
		if !slices.Equal(l.frames, want) || l.last() != "ended closed" {
			t.Errorf("in pieces of %d: %.100q, and at last %s", piece, l.frames, l.last())
		}
	}
}

// Half a message is never delivered, nor is it reported as broken.
func TestTruncatedMessage(t *testing.T) {
	for name, sent := range map[string][]byte{
		"half a header":      appendFrame(nil, textFrame, padded(1))[:3],
		"half a frame":       appendFrame(nil, textFrame, frame("a"))[:7],
		"a fragment":         appendFrame(nil, textFragment, frame("a")),
		"two fragments":      appendFrame(appendFrame(nil, textFragment, frame("a")), middleFrame, "  "),
		"half of the second": appendFrame(appendFrame(nil, textFragment, frame("a")), lastFragment, "   ")[:20],
		"a ping between":     appendFrame(appendFrame(nil, textFragment, frame("a")), pingFrame, "?"),
		"a large one":        appendFrame(nil, textFrame, padded(1)+strings.Repeat(" ", 1<<20))[:1<<20],
	} {
		t.Run(name, func(t *testing.T) {
			act := func(p *peer) {
				if p.accept() && p.ping() {
					<-p.answers
					p.write(append(appendMessages(nil, "before"), sent...))
				}
			}
			want := []string{"connected", "before", "lost network", "ended network"}
			check := func(o LiveOptions) {
				t.Helper()
				l := follow(t.Context(), newLive(t, o), nil)
				l.expect(t, want...)
				if got := l.links[1].Detail; got != "the connection was cut without a close frame" {
					t.Errorf("the detail is %q", got)
				}
			}
			t.Parallel()
			check(LiveOptions{URL: loopback(t, hangUp(act))})
			check(overTLS(t, &tls.Config{}, act)) // the end of TLS comes before that of the connection
		})
	}
}

// hangUp closes only the service's direction until the client has hung up, so
// that unread pongs cause no reset.
func hangUp(act handler) handler {
	return func(p *peer) {
		act(p)
		p.Conn.(*net.TCPConn).CloseWrite()
		<-p.gone
	}
}

func TestMaskedFrame(t *testing.T) {
	masked := appendFrame(nil, textFrame, "____"+frame("b"))
	masked[1] = maskedPayload | masked[1] - 4
	for _, act := range []func(raw []byte) handler{sends, sendsBytewise} {
		l, s := run(t, LiveOptions{Retries: -1}, "end", act(append(appendMessages(nil, "a"), masked...)), says("end"))
		l.expect(t, "connected", "a", "lost protocol", "restored", "end")
		lost := l.links[1]
		if lost.At != s.dials[0] || lost.Detail != "the service broke the WebSocket protocol: a frame from the service is masked" {
			t.Errorf("after %v: %+v", lost.At.Sub(s.dials[0]), lost)
		}
	}
}

// The header that announces too much ends the link: the payload is not awaited.
func TestFrameTooLarge(t *testing.T) {
	fragments := appendFrame(nil, textFragment, strings.Repeat("x", 600))
	fragments = appendFrame(fragments, pingFrame, "?")
	for name, sent := range map[string][]byte{
		"its header":        appendFrame(nil, textFrame, strings.Repeat("x", 1001))[:4],
		"a huge one":        {textFrame, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"fragments":         slices.Concat(fragments, appendFrame(nil, middleFrame, strings.Repeat("x", 401))[:4]),
		"the last fragment": slices.Concat(fragments, appendFrame(nil, lastFragment, strings.Repeat("x", 401))[:4]),
	} {
		t.Run(name, func(t *testing.T) {
			allowed := strings.Repeat("Y", 1000)
			for _, act := range []func(raw []byte) handler{sends, sendsBytewise} {
				l, s := run(t, LiveOptions{Retries: -1, MaxFrame: 1000}, "b",
					act(append(appendMessages(nil, "a"), sent...)),
					act(appendMessages(appendFrame(appendFrame(nil, textFragment, allowed[:500]), lastFragment, allowed[500:]), allowed, "b")))
				if want := []string{frame("a"), allowed, allowed, frame("b")}; !slices.Equal(l.frames, want) {
					t.Errorf("%.100q", l.frames)
				}
				lost := l.link(t, 1)
				if lost.Reason != reasonTooLarge || lost.At != s.dials[0] || lost.Detail != "a frame is larger than the limit of 1000B (--max-frame)" {
					t.Errorf("after %v: %+v", lost.At.Sub(s.dials[0]), lost)
				}
			}
		})
	}
}

func TestConnectionReset(t *testing.T) {
	t.Parallel()
	l := follow(t.Context(), newLive(t, LiveOptions{URL: loopback(t, func(p *peer) {
		if p.accept() && p.send("a") && p.ping() {
			<-p.answers // the frame was received
			p.Conn.(*net.TCPConn).SetLinger(0)
		}
	})}), nil)
	l.expect(t, "connected", "a", "lost network", "ended network")
	if got := l.links[1].Detail; got != "the connection was reset" {
		t.Errorf("the detail is %q", got)
	}
}

// randomMessages appends messages of random sizes in random fragments, with
// control frames between, and returns where in the bytes each message ends.
func randomMessages(random *rand.Rand) (sent []byte, messages []string, ends []int) {
	sizes := []int{0, 1, 100, 125, 126, 4096, 65535, 65536, batchBytes + 1, 3 * batchBytes}
	for n := range 60 {
		message := ""
		if size := sizes[random.IntN(len(sizes))]; size > 0 {
			message = fmt.Sprintf(`{"action":"n%d","pad":"%s"}`, n, strings.Repeat("x", random.IntN(size)))
		}
		opcode, rest := byte(textFragment), message
		for random.IntN(3) == 0 {
			size := random.IntN(len(rest) + 1)
			sent = appendFrame(sent, opcode, rest[:size])
			opcode, rest = middleFrame, rest[size:]
			if random.IntN(2) == 0 {
				sent = appendFrame(sent, []byte{pingFrame, pongFrame}[random.IntN(2)], "?")
			}
		}
		sent = appendFrame(sent, lastFragment|opcode, rest)
		messages, ends = append(messages, message), append(ends, len(sent))
	}
	return sent, messages, ends
}

// Random messages come through random reads and random cuts: of each connection
// exactly the messages that arrived as a whole, in order, and nothing else.
func TestRandomCuts(t *testing.T) {
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			var want []string
			var handlers []handler
			for range 8 {
				sent, messages, ends := randomMessages(random)
				end := random.IntN(len(sent) + 1)
				for n := range messages {
					if ends[n] <= end {
						want = append(want, messages[n])
					}
				}
				want = append(want, "a link is lost")
				pieces := rand.New(rand.NewPCG(seed, random.Uint64()))
				handlers = append(handlers, func(p *peer) {
					for ok, rest := p.accept(), sent[:end]; ok && len(rest) > 0; {
						n := min(1+pieces.IntN(1<<pieces.IntN(18)), len(rest))
						ok, rest = p.write(rest[:n]), rest[n:]
						time.Sleep(time.Duration(pieces.IntN(3)) * 10 * time.Millisecond)
					}
				})
			}
			handlers = append(handlers, says("end"))
			want = append(want, frame("end"))
			live, _ := virtual(t, LiveOptions{Retries: -1, Buffer: 200_000, MaxBackoff: sec}, handlers...)
			pauses := rand.New(rand.NewPCG(seed, 2))
			var got []string
			follow(t.Context(), live, func(l *log, item Item) bool {
				switch {
				case item.Link == nil:
					got = append(got, l.frames[len(l.frames)-1])
				case item.Link.Status == Lost:
					got = append(got, "a link is lost")
				}
				if pauses.IntN(20) == 0 {
					time.Sleep(time.Duration(pauses.IntN(200)) * time.Millisecond)
				}
				return l.last() != "end"
			})
			if !slices.Equal(got, want) {
				t.Errorf("seed %d: %d items, want %d, or others", seed, len(got), len(want))
			}
		})
	}
}
