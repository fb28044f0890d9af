//go:build unix

package main

import (
	"encoding/json"
	"testing"
)

func TestCorpus(t *testing.T) {
	c := newCorpus(corpusEvents, 11)
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
