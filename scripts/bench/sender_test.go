//go:build unix

package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestSender(t *testing.T) {
	s := newSender()
	defer s.close()
	c := newCorpus(50, 3)
	var want [][]byte
	c.events.messages(func(m []byte) { want = append(want, m) })
	for _, rate := range []int{0, 100_000} {
		sent := 0
		s.play(show{corpus: c, frames: 120, rate: rate, sent: func(int, time.Time) { sent++ }})
		ws, _, err := websocket.Dial(context.Background(), s.url(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 + 120 {
			_, message, err := ws.Read(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if i >= 3 && !bytes.Equal(message, want[(i-3)%50]) {
				t.Fatalf("event %d is %s", i-3, message)
			}
		}
		if _, _, err := ws.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("it ends with %v", err)
		}
		if rate > 0 && sent != 120 {
			t.Errorf("%d of 120 events were reported", sent)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{5, 1, 3}, 3}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(test.of); got != test.want {
			t.Errorf("the median of %v is %v", test.of, got)
		}
	}
}
