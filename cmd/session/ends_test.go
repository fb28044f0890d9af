package session

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Wherever the bytes of messages are cut on their way, and whatever stands
// between them, each is one frame, and the last one before a close frame too.
func TestWhereMessagesEnd(t *testing.T) {
	large := strings.Repeat("x", 3*slabSize+5)
	var sent []byte
	for _, f := range []struct {
		first   byte
		payload string
	}{
		{0x81, "whole"}, {0x01, "in "}, {0x89, "?"}, {0x00, ""}, {0x80, "two"}, {0x81, ""}, {0x01, "an empty end"}, {0x80, ""},
		{0x81, large}, {0x81, "after"}, {0x8A, "!"}, {0x01, large}, {0x80, "+"}, {0x81, "last"},
	} {
		sent = appendFrame(sent, f.first, []byte(f.payload))
	}
	sent = appendFrame(sent, 0x88, binary.BigEndian.AppendUint16(nil, 1000))
	for _, piece := range []int{1, 2, 3, 7, 100, wireBuffer - 1, len(sent)} {
		t.Run(fmt.Sprint(piece), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{}, func(p *peer) {
					if !p.accept() {
						return
					}
					for rest := sent; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
						if p.write(rest[:min(piece, len(rest))]) != nil {
							return
						}
					}
					<-p.left
				})
				follow(t.Context(), live, nil).expect(t, "connected", "whole", "in two", "", "an empty end",
					large, "after", large+"+", "last", "lost closed", "ended closed")
			})
		})
	}
}

// Random messages are the same frames whether or not a read that leaves room is
// taken for the end of one: it is not where the service has agreed to deflate.
func TestEndsAreThoseOfTheLibrary(t *testing.T) {
	for seed := range uint64(20) {
		sent := randomMessages(rand.New(rand.NewPCG(seed, 1)))
		var logs [2]*log
		for i, extensions := range [][]string{nil, {"Sec-WebSocket-Extensions: permessage-deflate"}} {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{}, func(p *peer) {
					if !p.answer(p.read(), extensions...) {
						return
					}
					go p.listen()
					pieces := rand.New(rand.NewPCG(seed, 2))
					for rest := sent; len(rest) > 0; {
						n := min(1+pieces.IntN(1<<pieces.IntN(18)), len(rest))
						if p.write(rest[:n]) != nil {
							return
						}
						rest = rest[n:]
					}
					<-p.left
				})
				logs[i] = follow(t.Context(), live, nil)
			})
		}
		if len(logs[0].lines) < 40 || !slices.Equal(logs[0].lines, logs[1].lines) {
			t.Errorf("seed %d: %d items, and %d by the library's ends", seed, len(logs[0].lines), len(logs[1].lines))
		}
	}
}

// randomMessages are some whole and some fragmented ones, of sizes at which
// something changes, and a close frame.
func randomMessages(random *rand.Rand) (sent []byte) {
	sizes := []int{0, 1, 125, 126, minRoom - 1, minRoom, minRoom + 1, slabSize - 1, slabSize, slabSize + 1, 3 * slabSize}
	for range 40 {
		for opcode, fin := byte(0x01), byte(0); fin == 0; opcode = 0 {
			fin = 0x80
			if random.IntN(4) == 0 {
				fin = 0
			}
			size := sizes[random.IntN(len(sizes))]
			if random.IntN(2) == 0 {
				size = random.IntN(3 * minRoom)
			}
			sent = appendFrame(sent, fin|opcode, bytes.Repeat([]byte{byte('a' + random.IntN(26))}, size))
			if random.IntN(5) == 0 {
				sent = appendFrame(sent, 0x8A, []byte("!"))
			}
		}
	}
	return appendFrame(sent, 0x88, binary.BigEndian.AppendUint16(nil, 1000))
}

// Of a frame that is cut short nothing is shown. The library takes the end of the
// connection for that of a fragmented message: so that is shown, and is broken.
func TestAMessageThatIsCutShort(t *testing.T) {
	for name, test := range map[string]struct {
		sent []byte
		want []string
	}{
		"half a frame":       {appendFrame(nil, 0x81, []byte("one and two"))[:7], nil},
		"a fragment":         {appendFrame(nil, 0x01, []byte("one")), []string{"one"}},
		"two of them":        {appendFrame(appendFrame(nil, 0x01, []byte("one")), 0x00, []byte("two")), []string{"onetwo"}},
		"half of the second": {appendFrame(appendFrame(nil, 0x01, []byte("one")), 0x80, []byte("two"))[:8], nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{}, func(p *peer) {
					p.accept()
					p.send("before")
					p.write(test.sent)
					time.Sleep(time.Second)
				})
				want := slices.Concat([]string{"connected", "before"}, test.want, []string{"lost network", "ended network"})
				follow(t.Context(), live, nil).expect(t, want...)
			})
		})
	}
}

// The end of a message is not asked for when a read has left room, unless it may
// be longer than is allowed.
func TestNoEndIsAskedFor(t *testing.T) {
	for short, want := range map[int]int{0: 2, 4: 2, 5: 1, 1000: 1} {
		q := newQueue(1 << 20)
		q.short = short
		r := countingReads{Reader: strings.NewReader("12345")}
		if err := q.receive(&r); err != nil || r.reads != want {
			t.Errorf("up to %d: %d reads, not %d (%v)", short, r.reads, want, err)
		}
		q.close()
		q.publish()
		if item, ok := q.take(); !ok || string(item.Frame) != "12345" || item.More {
			t.Errorf("up to %d: %q", short, item.Frame)
		}
	}
}

type countingReads struct {
	io.Reader
	reads int
}

func (c *countingReads) Read(p []byte) (int, error) {
	c.reads++
	return c.Reader.Read(p)
}
