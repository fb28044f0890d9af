//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// TestSender reads the corpus from the sender, paced and not.
func TestSender(t *testing.T) {
	s := newSender()
	defer s.server.Close()
	c := newCorpus(30)
	for _, rate := range []int{0, 100_000} {
		frames, sent := corpusEvents+10, 0
		s.next.Store(&show{corpus: c, frames: frames, rate: rate, began: func(time.Time) {}, ended: func(time.Time) {}, sent: func(int, time.Time) { sent++ }})
		ws, _, err := websocket.Dial(context.Background(), s.url(), nil)
		if err != nil {
			t.Fatal(err)
		}
		ws.SetReadLimit(-1)
		for i := range 30 + frames {
			_, message, err := ws.Read(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if i >= 30 && !bytes.Equal(message, c.events.messages[(i-30)%corpusEvents]) {
				t.Fatalf("event %d is %s", i-30, message)
			}
		}
		if _, _, err := ws.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("it ends with %v", err)
		}
		if rate > 0 && sent != frames {
			t.Errorf("%d of %d events were reported", sent, frames)
		}
	}
}

// TestNaiveRecords compares the naive client's records of events with restail's. One in
// ten may differ: the client need not learn every platform.
func TestNaiveRecords(t *testing.T) {
	c := newCorpus(30)
	decoder, lines, channels := decode.New(), format.NDJSON{}, map[string]string{}
	var parser decode.Parser
	var parsed decode.Action
	different := 0
	for n, frame := range append(c.opening.messages, c.events.messages...) {
		if err := parser.Parse(&parsed, frame); err != nil {
			t.Fatal(err)
		}
		decoder.Apply(&parsed, time.Now())
		var a action
		if err := json.Unmarshal(frame, &a); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(a.flat(channels))
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(line, &got) != nil || json.Unmarshal(lines.Record(nil, decoder.Record(), frame), &want) != nil {
			t.Fatalf("not JSON: %s", line)
		}
		if n >= len(c.opening.messages) && !reflect.DeepEqual(got, want) {
			different++
			t.Logf("%s\nbecomes\n%v\nnot\n%v", frame, got, want)
		}
	}
	if different > corpusEvents/10 {
		t.Errorf("%d of %d records are not restail's", different, corpusEvents)
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
