package decode

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/restail/restail/decode/record"
)

// TestMapFollowsTheVendorsRules checks the rules of the documentation: the map
// holds the last connection_info of each identifier, and only a
// connection_closed with the stored uuid deletes it.
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
			if changed := d.Change() != nil; changed != matches {
				t.Fatalf("step %d: closing %s is a change: %v, want %v", step, uuid, changed, matches)
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

// decodeOwn decodes a frame from memory that it overwrites at once: the map must
// not keep views of it.
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

// TestChangeReportsEachStateOnce checks that Change reports every status,
// reason and channel that a connection settles on, and none twice.
func TestChangeReportsEachStateOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	d := newDecoder()
	reported := map[string]string{}
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
		changed := change != nil
		if want := reported[id] != state && (status != "connecting" || reported[id] == ""); changed != want {
			t.Fatalf("%s after %s is a change: %v, want %v", state, reported[id], changed, want)
		}
		if !changed {
			continue
		}
		reported[id] = state
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

// TestMapDoesNotGrow checks that closed connections leave nothing in the map.
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

func connectionInfo(identifier, uuid, channel string) []byte {
	return []byte(`{"action":"connection_info","payload":{"connectionIdentifier":"` + identifier + `","connectionUuid":"` + uuid + `","status":"connected","target":{"owner":{"displayName":"` + channel + `"}}}}`)
}

// apply applies frames that are known to be actions.
func apply(t *testing.T, d *frameDecoder, frames ...[]byte) {
	t.Helper()
	for _, frame := range frames {
		if err := d.apply(frame); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMapLimitsConnections checks that a full map drops the connections that
// were least recently announced.
func TestMapLimitsConnections(t *testing.T) {
	d := newDecoder()
	for i := range maxConnections {
		apply(t, d, connectionInfo(fmt.Sprintf("1-kick-%d", i), fmt.Sprintf("u%d", i), "Owl"))
	}
	if d.Crowded() {
		t.Fatal("crowded while there is room")
	}
	apply(t, d, connectionInfo("1-kick-0", "u0", "Owl"), connectionInfo("1-kick-new", "new", "Owl"))
	if !d.Crowded() || d.Crowded() {
		t.Error("Crowded is true once")
	}
	if len(d.Linked()) != maxConnections || d.Frame("1-kick-0") == nil || d.Frame("1-kick-new") == nil || d.Frame("1-kick-1") != nil {
		t.Errorf("%d connections, not those that were last announced", len(d.Linked()))
	}
	apply(t, d, []byte(`{"action":"connection_closed","payload":{"connectionUuid":"u1"}}`))
	if d.Updated() {
		t.Error("a connection that made room was closed")
	}
	apply(t, d, connectionInfo("1-kick-1", "u1", "Owl"))
	if d.Change() == nil || d.Crowded() {
		t.Error("a connection that made room comes back: want a change, and no second report")
	}
}

// TestMapDropsEarlierSockets checks that the limit counts connections of
// earlier sockets too.
func TestMapDropsEarlierSockets(t *testing.T) {
	d := newDecoder()
	for i := range 3 * maxConnections {
		if i%maxConnections == 0 {
			d.Relink()
		}
		apply(t, d, connectionInfo(fmt.Sprintf("1-kick-%d", i), "u", "Owl"))
	}
	if linked, gone := len(d.Linked()), len(d.Gone()); linked != maxConnections || gone != 0 {
		t.Errorf("%d connections, %d of earlier sockets", linked, gone)
	}
}

// TestMapLimitsBytes checks that the limit of bytes counts actions, names, and
// the names that were last reported.
func TestMapLimitsBytes(t *testing.T) {
	const size = 1 << 20
	for _, test := range []struct {
		name string
		d    *frameDecoder
		want int
	}{
		{"with actions", newDecoder(), 31},
	} {
		heap := heapInUse()
		name := strings.Repeat("n", size)
		for i := range test.want + 3 {
			apply(t, test.d, connectionInfo(fmt.Sprintf("1-kick-%d", i), fmt.Sprint(i), name))
		}
		if n := len(test.d.Linked()); n != test.want || !test.d.Crowded() {
			t.Errorf("%s: %d connections, want %d", test.name, n, test.want)
		}
		if grown := heapInUse() - heap; grown > maxBytes+16*size { // the row and the Action hold a frame besides
			t.Errorf("%s: %d bytes", test.name, grown)
		}
		runtime.KeepAlive(test.d)
	}
}

func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestMapCountsItsBytes checks that the map counts its bytes right after any
// sequence of actions.
func TestMapCountsItsBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	d := newDecoder()
	m := &d.connections
	for range 5_000 {
		id := fmt.Sprintf("1-kick-%d", rng.IntN(9))
		switch n := rng.IntN(10); {
		case n < 6:
			apply(t, d, connectionInfo(id, fmt.Sprint(rng.IntN(5)), strings.Repeat("n", 250*rng.IntN(3))))
		case n < 8:
			apply(t, d, fmt.Appendf(nil, `{"action":"connection_closed","payload":{"connectionUuid":"%d"}}`, rng.IntN(5)))
		case n < 9:
			d.Relink()
		default:
			d.Gone()
			d.Lingering()
		}
		bytes, open, listed := 0, 0, 0
		for uuid, same := range m.open {
			for i, c := range same {
				if c.UUID != uuid || c.index != i || !c.isOpen {
					t.Fatalf("%+v is listed as %q, %d", c.Linked, uuid, i)
				}
			}
			listed += len(same)
		}
		for _, c := range m.entries {
			bytes += c.strings() + cap(c.frame)
			if c.Channel == c.reported.channel && unsafe.StringData(c.Channel) != unsafe.StringData(c.reported.channel) {
				t.Fatal("a name is held twice")
			}
			if c.isOpen {
				open++
			}
		}
		if bytes != m.bytes || open != m.openCount || open != listed || open != len(d.Linked()) || m.announced.Len() != len(m.entries) {
			t.Fatalf("%d of %d bytes, %d of %d open", m.bytes, bytes, m.openCount, open)
		}
	}
}

// TestHugeActionIsNotKept checks that an action larger than the limit is not
// kept; its connection is.
func TestHugeActionIsNotKept(t *testing.T) {
	d := newDecoder()
	huge := []byte(`{"padding":"` + strings.Repeat("x", maxBytes) + `",` + string(connectionInfo("1-kick-a", "u", "Owl")[1:]))
	apply(t, d, connectionInfo("1-kick-b", "v", "Fox"), huge)
	if len(d.Linked()) != 2 || d.Frame("1-kick-a") != nil || d.Frame("1-kick-b") == nil || d.Crowded() {
		t.Errorf("connections %v", d.Linked())
	}
	apply(t, d, connectionInfo("1-kick-a", "u", "Owl"))
	if d.Frame("1-kick-a") == nil {
		t.Error("the next action is not kept")
	}
}

// TestLingering checks that a connection that is connecting again is reported once,
// and that connections in any other state are not.
func TestLingering(t *testing.T) {
	d := newDecoder()
	status := func(identifier, status string) {
		apply(t, d, fmt.Appendf(nil, `{"action":"connection_info","payload":{"connectionIdentifier":"%s","connectionUuid":"u","status":"%s"}}`, identifier, status))
	}
	check := func(when string, want ...string) {
		t.Helper()
		got := []string{}
		for _, c := range d.Lingering() {
			got = append(got, c.Identifier+" "+c.Status)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	status("1-kick-new", "connecting")
	status("1-kick-up", "connected")
	status("1-kick-again", "connected")
	status("1-kick-gone", "connected")
	check("nothing is connecting again")
	status("1-kick-again", "connecting")
	status("1-kick-gone", "connecting")
	d.Relink()
	check("none is of this socket")
	status("1-kick-up", "connected")
	status("1-kick-again", "connecting")
	check("one is", "1-kick-again connecting")
	check("it was reported")
}

func TestNewForDrains(t *testing.T) {
	d := &frameDecoder{Decoder: NewForDrains()}
	apply(t, d, connectionInfo("1-kick-a", "u", "Owl"))
	if d.Frame("1-kick-a") != nil || d.Linked()[0].Channel != "" || d.Drained() {
		t.Error("a frame or a name was kept, or a drain seen")
	}
	apply(t, d, []byte(`{"action":"connection_closed","payload":{"connectionUuid":"u","reason":"replaced"}}`))
	if !d.Drained() {
		t.Error("no drain")
	}
}

// TestConnectionsCostTheSame checks that the time for an action does not depend
// on the number of connections: neither for a connection_info, nor for a close,
// nor where all have the same uuid.
func TestConnectionsCostTheSame(t *testing.T) {
	infos := func(n, uuids int) (frames [][]byte) {
		for i := range n {
			frames = append(frames, connectionInfo(fmt.Sprintf("1-kick-%d", i), fmt.Sprint(i%uuids), "Owl"))
		}
		for i := range n {
			frames = append(frames, fmt.Appendf(nil, `{"action":"connection_closed","payload":{"connectionUuid":"%d"}}`, i))
		}
		return frames
	}
	for _, uuids := range []int{1, 100, 4_000} {
		cost := func(n int) time.Duration {
			frames, d := infos(n, uuids), newDecoder()
			start := time.Now()
			apply(t, d, frames...)
			return time.Since(start)
		}
		few, many := time.Hour, time.Hour
		for range 20 { // other processes can only make it slower
			few, many = min(few, cost(100)), min(many, cost(4_000))
			if many <= 80*few {
				break
			}
		}
		if many > 400*few { // a square would be 1,600
			t.Errorf("%d uuids: 100 connections take %v, 4,000 take %v", uuids, few, many)
		}
	}
}

// TestLinkedFromAnotherGoroutine lists the map while actions are applied, for
// the race detector.
func TestLinkedFromAnotherGoroutine(t *testing.T) {
	d := newDecoder()
	var lister sync.WaitGroup
	done := make(chan struct{})
	lister.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			for _, c := range d.Linked() {
				if c.Status != "connected" {
					t.Errorf("%+v", c)
				}
			}
		}
	})
	event := []byte(`{"action":"event","payload":{"connectionIdentifier":"1-kick-1"}}`)
	for i := range 2_000 {
		apply(t, d, connectionInfo(fmt.Sprintf("1-kick-%d", i%9), fmt.Sprint(i%7), fmt.Sprint(i)), event)
		d.Record()
		if i%3 == 0 {
			apply(t, d, fmt.Appendf(nil, `{"action":"connection_closed","payload":{"connectionUuid":"%d"}}`, i%5))
		}
		if i%50 == 0 {
			d.Relink()
		}
		if i%100 == 0 {
			d.Gone()
		}
		d.Lingering()
	}
	close(done)
	lister.Wait()
}
