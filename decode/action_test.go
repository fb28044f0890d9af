package decode

import (
	"bytes"
	"errors"
	"testing"
)

func TestAction(t *testing.T) {
	var p Parser
	var a Action
	for _, test := range []struct {
		frame, name string
		changes     bool
	}{
		{`{"action":"event"}`, "event", false},
		{`{"action":"link"}`, "link", false},
		{`{"action":"unheard_of"}`, "unheard_of", false},
		{`{"action":"\u0065vent"}`, "event", false},
		{`{"action":"connection_info"}`, "connection_info", true},
		{`{"payload":{},"action":"event","action":"connection_closed"}`, "connection_closed", true},
	} {
		for _, mark := range []string{"", "\ufeff"} {
			if err := p.Parse(&a, []byte(mark+test.frame)); err != nil {
				t.Fatal(err)
			}
			if string(a.Frame()) != test.frame || string(a.Name()) != test.name || a.ChangesConnections() != test.changes {
				t.Errorf("%q: frame %q, name %q, changes connections: %v", mark+test.frame, a.Frame(), a.Name(), a.ChangesConnections())
			}
		}
	}
	if err := p.Parse(&a, []byte("\ufeff[1]")); !errors.As(err, new(*BrokenError)) || string(a.Frame()) != "[1]" {
		t.Errorf("%v, frame %q", err, a.Frame())
	}
}

// TestParseOnAnotherGoroutine parses batches of frames on one goroutine and
// applies them on another, with Actions that serve many frames.
func TestParseOnAnotherGoroutine(t *testing.T) {
	all := frames(t)
	events, _ := mixed(t)
	all = append(all, events...)
	type batch struct{ actions []Action }
	free, full := make(chan *batch, 3), make(chan *batch, 3)
	for range cap(free) {
		free <- &batch{make([]Action, 0, 90)}
	}
	go func() {
		defer close(full)
		var p Parser
		for len(all) > 0 {
			b := <-free
			b.actions = b.actions[:0]
			for len(all) > 0 && len(b.actions) < cap(b.actions) {
				b.actions = b.actions[:len(b.actions)+1]
				if p.Parse(&b.actions[len(b.actions)-1], bytes.Clone(all[0])) != nil {
					b.actions = b.actions[:len(b.actions)-1]
				}
				all = all[1:]
			}
			full <- b
		}
	}()
	d, plain := New(), newDecoder()
	for b := range full {
		for i := range b.actions {
			a := &b.actions[i]
			want, err := plain.decode(bytes.Clone(a.Frame()))
			if err != nil {
				t.Fatal(err)
			}
			d.Apply(a, receipt)
			if got := marshal(d.Record()); got != marshal(want) {
				t.Fatalf("%s:\n got %s\nwant %s", a.Frame(), got, marshal(want))
			}
		}
		free <- b
	}
}
