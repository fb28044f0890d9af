//go:build unix

package main

import (
	"encoding/json"
	"testing"
)

func TestCorpus(t *testing.T) {
	c := newCorpus(corpusEvents, 11, 0)
	if mean := c.events.mean(); mean < 714 || mean > 734 {
		t.Errorf("a mean of %d bytes, not of 724", mean)
	}
	if len(c.opening.ends) != 11 || len(c.events.ends) != corpusEvents {
		t.Errorf("%d connections, %d events", len(c.opening.ends), len(c.events.ends))
	}
	types, twitch := map[int]bool{}, 0
	c.events.messages(func(m []byte) {
		var action struct {
			Payload struct{ EventTypeID, EventSourceID int }
		}
		if err := json.Unmarshal(m, &action); err != nil {
			t.Fatalf("%v: %s", err, m)
		}
		types[action.Payload.EventTypeID] = true
		if action.Payload.EventSourceID == 2 {
			twitch++
		}
	})
	if len(types) != 20 || twitch != c.twitch {
		t.Errorf("%d types, %d of Twitch, not %d", len(types), twitch, c.twitch)
	}
}

func TestCorpusOfSize(t *testing.T) {
	for _, size := range []int{300, 4 << 10, 1 << 20} {
		c := newCorpus(8, 1000, size)
		if mean := c.events.mean(); mean < size || mean > size+size/5+800 {
			t.Errorf("frames of %d, not of %d", mean, size)
		}
		if len(c.opening.ends) != 1000 {
			t.Errorf("%d connections", len(c.opening.ends))
		}
	}
}
