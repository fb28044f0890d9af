package decode

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/restail/restail/decode/record"
)

// The map is held against the vendor's words: the last connection_info by
// identifier, deleted by a connection_closed with the stored uuid only.
func TestMapFollowsTheVendorsRules(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	d := newDecoder()
	type entry struct{ uuid, status, channel, frame string }
	model := map[string]entry{}
	var before []record.Linked
	for step := range 4_000 {
		id := fmt.Sprintf("1-kick-%d", rng.IntN(6))
		uuid := fmt.Sprintf("%s/%d", id, rng.IntN(4)) // of one identifier each
		switch n := rng.IntN(100); {
		case n < 45:
			e := entry{uuid: uuid, status: []string{"connected", "connecting", "error"}[rng.IntN(3)], channel: []string{"Owl", "Fox", ""}[rng.IntN(3)]}
			e.frame = fmt.Sprintf(`{"action":"connection_info","payload":{"connectionIdentifier":%q,"connectionUuid":%q,"status":%q,"target":{"owner":{"displayName":%q}}}}`, id, e.uuid, e.status, e.channel)
			decodeOwn(t, d, e.frame)
			model[id] = e
		case n < 70:
			r := decodeOwn(t, d, fmt.Sprintf(`{"action":"connection_closed","payload":{"connectionUuid":%q,"reason":"removed"}}`, uuid))
			e, there := model[id]
			matches := there && e.uuid == uuid
			if matches {
				delete(model, id)
			}
			if news := d.Change() != nil; news != matches {
				t.Fatalf("step %d: closing %s is news: %v, want %v", step, uuid, news, matches)
			}
			if matches != strings.Contains(r, id+`"`) {
				t.Fatalf("step %d: %s", step, r)
			}
		case n < 71:
			d.Relink()
			clear(model)
			before = nil
			decodeOwn(t, d, `{"action":"heartbeat"}`)
		default:
			r := decodeOwn(t, d, fmt.Sprintf(`{"action":"relay_accepted","payload":{"connectionIdentifier":%q}}`, id))
			channel := model[id].channel
			if strings.Contains(r, `"channel"`) != (channel != "") || !strings.Contains(r, channel) {
				t.Fatalf("step %d: %s is %q in %s", step, id, channel, r)
			}
		}
		linked := d.Linked()
		if d.Updated() != !slices.Equal(linked, before) {
			t.Fatalf("step %d: updated is %v, from %+v to %+v", step, d.Updated(), before, linked)
		}
		before = linked
		if len(linked) != len(model) {
			t.Fatalf("step %d: %d connections, want %d", step, len(linked), len(model))
		}
		for _, c := range linked {
			if e := model[c.Identifier]; c.UUID != e.uuid || c.Status != e.status || c.Channel != e.channel || string(d.Frame(c.Identifier)) != e.frame {
				t.Fatalf("step %d: %+v, want %+v", step, c, e)
			}
		}
	}
}

// decodeOwn decodes a frame from memory that is overwritten at once: the map
// must not hold on to it.
func decodeOwn(t *testing.T, d *frameDecoder, frame string) string {
	t.Helper()
	data := []byte(frame)
	r, err := d.decode(data)
	if err != nil {
		t.Fatal(err)
	}
	s := marshal(r)
	for i := range data {
		data[i] = '#'
	}
	return s
}

// News says every status, reason and channel that a connection settles on, and
// nothing twice.
func TestNewsAreWhatChanged(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	d := newDecoder()
	told := map[string]string{}
	for range 5_000 {
		id := fmt.Sprintf("1-kick-%d", rng.IntN(3))
		status := []string{"connected", "connecting", "error"}[rng.IntN(3)]
		reason := ""
		if status == "error" {
			reason = []string{"internal", "event_not_started"}[rng.IntN(2)]
		}
		decodeOwn(t, d, fmt.Sprintf(`{"action":"connection_info","payload":{"connectionIdentifier":%q,"connectionUuid":"%d","status":%q,"reason":%q,"target":{"owner":{"displayName":"Owl"}}}}`, id, rng.IntN(1000), status, reason))
		state := status + reason
		change := d.Change()
		news := change != nil
		if want := told[id] != state && (status != "connecting" || told[id] == ""); news != want {
			t.Fatalf("%s after %s is news: %v, want %v", state, told[id], news, want)
		}
		if !news {
			continue
		}
		told[id] = state
		if change.Identifier != id || change.Status != status || change.Reason != reason {
			t.Fatalf("%+v, want %s %s", change, id, state)
		}
	}
}

func TestLinkedIsSorted(t *testing.T) {
	d := newDecoder()
	for _, c := range [][3]string{{"1-youtube-a", "B", "1"}, {"1-kick-b", "A", "2"}, {"1-youtube-c", "A", "3"}, {"1-youtube-b", "A", "4"}, {"1-discord-z", "", "5"}} {
		decodeOwn(t, d, fmt.Sprintf(`{"action":"connection_info","payload":{"connectionIdentifier":%q,"connectionUuid":%q,"status":"connected","target":{"owner":{"displayName":%q}}}}`, c[0], c[2], c[1]))
	}
	identifiers := func(linked []record.Linked) (ids []string) {
		for _, c := range linked {
			ids = append(ids, c.Identifier)
		}
		return ids
	}
	want := []string{"1-discord-z", "1-kick-b", "1-youtube-b", "1-youtube-c", "1-youtube-a"}
	if got := identifiers(d.Linked()); !slices.Equal(got, want) {
		t.Errorf("Linked: %q, want %q", got, want)
	}
	d.Relink()
	if d.Frame("1-kick-b") != nil {
		t.Error("a frame of the old socket")
	}
	if got := identifiers(d.Gone()); !slices.Equal(got, want) {
		t.Errorf("Gone: %q, want %q", got, want)
	}
}

// A thousand connections that come and go leave nothing behind.
func TestMapDoesNotGrow(t *testing.T) {
	d := newDecoder()
	for i := range 1000 {
		decodeOwn(t, d, fmt.Sprintf(`{"action":"connection_info","payload":{"connectionIdentifier":"1-kick-%d","connectionUuid":"a%d"}}`, i, i))
		decodeOwn(t, d, fmt.Sprintf(`{"action":"connection_info","payload":{"connectionIdentifier":"1-kick-%d","connectionUuid":"b%d"}}`, i, i))
		decodeOwn(t, d, fmt.Sprintf(`{"action":"connection_closed","payload":{"connectionUuid":"b%d"}}`, i))
	}
	m := &d.connections
	if n := len(m.open) + len(m.entries) + m.announced.Len() + m.openCount + m.bytes; n != 0 {
		t.Errorf("entries %v, %d bytes", slices.Collect(maps.Keys(m.entries)), m.bytes)
	}
}
