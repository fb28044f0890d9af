package decode

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/restail/restail/decode/record"
)

func TestBrokenFrames(t *testing.T) {
	d := newDecoder()
	for _, test := range []struct{ frame, why string }{
		{``, "not JSON: it ends too early at byte 0"},
		{`   `, "not JSON: it ends too early at byte 3"},
		{`hello`, `not JSON: 'h' where a value should be at byte 1`},
		{`{"action":"heartbeat"`, "not JSON: it ends too early at byte 21"},
		{`{"action":"heartbeat"}}`, `not JSON: '}' after the end at byte 23`},
		{`{"action":"heartbeat"}{"action":"heartbeat"}`, `not JSON: '{' after the end at byte 23`},
		{`{"action":"heartbeat",}`, `not JSON: '}' where a key should be at byte 23`},
		{`{"action":"heartbeat","payload":{"x":01}}`, `not JSON: '1' after a value of an object at byte 39`},
		{"{\"action\":\"heart\nbeat\"}", `not JSON: '\n' in a string at byte 17`},
		{"\ufeff", "not JSON: it ends too early at byte 0"},
		{"\ufeff[]", "an array, not an object"},
		{"\ufeff\ufeff" + `{"action":"heartbeat"}`, `not JSON: '\ufeff' where a value should be at byte 1`},
		{" \ufeff" + `{"action":"heartbeat"}`, `not JSON: '\ufeff' where a value should be at byte 2`},
		{`{"action":"heartbeat"}` + "\ufeff", `not JSON: '\ufeff' after the end at byte 23`},
		{"{\"action\":\"heartbeat\"}\x00", `not JSON: '\x00' after the end at byte 23`},
		{`{"action":"heartbeat","deep":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, "not JSON: nested more than 10000 deep at byte 10029"},
		{`[{"action":"heartbeat"}]`, "an array, not an object"},
		{`"heartbeat"`, "a string, not an object"},
		{`17`, "a number, not an object"},
		{`null`, "null, not an object"},
		{`true`, "true, not an object"},
		{`{}`, "no action"},
		{`{"Action":"heartbeat"}`, "no action"},
		{`{"payload":{"action":"heartbeat"}}`, "no action"},
		{`{"action":""}`, "its action is an empty string"},
		{`{"action":null}`, "its action is null, not a string"},
		{`{"action":5}`, "its action is a number, not a string"},
		{`{"action":["heartbeat"]}`, "its action is an array, not a string"},
		{`{"action":{}}`, "its action is an object, not a string"},
		{`{"action":true}`, "its action is true, not a string"},
		{`{"action":"heartbeat","action":7}`, "its action is a number, not a string"},
	} {
		r, err := d.decode([]byte(test.frame))
		var broken *BrokenError
		if !errors.As(err, &broken) || broken.Error() != test.why || r != nil {
			t.Errorf("%.60q: %v, %v; want %s", test.frame, r, err, test.why)
		}
		if r, err := d.decode([]byte(`{"action":"heartbeat"}`)); err != nil || string(r.Bytes(record.Action)) != "heartbeat" {
			t.Fatalf("after %.60q: %v", test.frame, err)
		}
	}
}

// TestSecondObjectReplacesFirst repeats each object of each frame as an empty one:
// no value of the first remains.
func TestSecondObjectReplacesFirst(t *testing.T) {
	const mark = `"the object"`
	for _, frame := range frames(t) {
		root, ok := readAction(frame)
		if !ok {
			continue
		}
		var repeat func(o object)
		repeat = func(o object) {
			for name, v := range o {
				member, ok := v.(object)
				if !ok {
					continue
				}
				repeat(member)
				o[name] = "the object"
				text := toJSON(root)
				o[name] = v
				once := strings.Replace(text, mark, `{}`, 1)
				twice := strings.Replace(text, mark, toJSON(v)+`,"`+name+`":{}`, 1)
				want, _ := newDecoder().decode([]byte(once))
				if got, err := newDecoder().decode([]byte(twice)); err != nil || marshal(got) != marshal(want) {
					t.Errorf("%s: %v\n got %s\nwant %s", twice, err, marshal(got), marshal(want))
				}
			}
		}
		repeat(root)
	}
}

// TestFramesLeaveNothingBehind checks that no value of one frame gets into the
// record of the next.
func TestFramesLeaveNothingBehind(t *testing.T) {
	all := frames(t)
	d := newDecoder()
	for _, frame := range all {
		if strings.Contains(string(frame), "connection_") { // they change the connection map
			continue
		}
		if _, err := d.decode(frame); err != nil {
			continue
		}
		for _, next := range []string{`{"action":"event"}`, `{"action":"event","payload":{"eventTypeId":9999,"eventPayload":{"author":{}}}}`, `{"action":"connection_info"}`, `{"action":"reply_created"}`} {
			want, err := newDecoder().decode([]byte(next))
			if err != nil {
				t.Fatal(err)
			}
			if r, err := d.decode([]byte(next)); err != nil || marshal(r) != marshal(want) {
				t.Fatalf("after %s: %v\n got %s\nwant %s", frame, err, marshal(r), marshal(want))
			}
		}
	}
}

func TestLargeFrames(t *testing.T) {
	d := newDecoder()
	for _, piece := range []string{"a", "é ", "夜", "😀", `\n`, `\ud83d\ude00`, "\xff", `\\`} {
		for _, size := range []int{100_000, 1 << 18} {
			text := strings.Repeat(piece, size/len(piece))
			frame := []byte(`{"action":"event","payload":{"eventTypeId":4,"eventPayload":{"author":{"displayName":"A"},"text":"` + text + `"}}}`)
			root, _ := readAction(frame)
			want := inner(inner(root, "payload"), "eventPayload")["text"]
			if r, err := d.decode(frame); err != nil || string(r.Bytes(record.Text)) != want {
				t.Errorf("%d bytes of %q: %v", size, piece, err)
			}
		}
	}
	if r, err := d.decode([]byte(`{"action":"heartbeat"}`)); err != nil || marshal(r) != `{"time":"2030-01-02T02:04:05Z","action":"heartbeat"}` {
		t.Errorf("then: %v", err)
	}
}

// TestManyEmotes has many emotes, in no order.
func TestManyEmotes(t *testing.T) {
	const n = 20_000
	var replaces []string
	for i := range n {
		at := 2 * ((i * 7919) % n)
		replaces = append(replaces, fmt.Sprintf(`{"from":%d,"to":%d}`, at, at), fmt.Sprintf(`{"from":0,"to":%d}`, 2*n-i))
	}
	frame := `{"action":"event","payload":{"eventTypeId":4,"eventPayload":{"replaces":[` + strings.Join(replaces, ",") + `],"text":"` + strings.Repeat("é ", n) + `"}}}`
	r, err := newDecoder().decode([]byte(frame))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(r.List(record.Emotes)); got != n {
		t.Errorf("%d emotes, want %d", got, n)
	}
}

// TestUnknownTypesLoseNothing checks that an event keeps all of its fields when
// its type is unknown.
func TestUnknownTypesLoseNothing(t *testing.T) {
	d, other := newDecoder(), newDecoder()
	frames, _ := chat(t)
	for _, frame := range frames {
		r, err := d.decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		typeName, id := string(r.Bytes(record.Type)), string(r.Bytes(record.TypeID))
		renumbered := strings.Replace(string(frame), `"eventTypeId":`+id, `"eventTypeId":999`, 1)
		u, err := other.decode([]byte(renumbered))
		if err != nil || string(u.Bytes(record.Type)) != "unknown" {
			t.Fatalf("%s: %v", renumbered, err)
		}
		for f := range r.All {
			if f <= record.Type {
				continue
			}
			if f == record.TypeID || f == record.IsGift && typeName == "membership_gift" {
				continue // the type alone decides is_gift
			}
			if got, want := fieldText(u, f), fieldText(r, f); got != want {
				t.Errorf("%s: %s is %s, and %s under an unknown type", frame, f.Name(), want, got)
			}
		}
	}
}

func fieldText(r *record.Record, f record.Field) string {
	return fmt.Sprintf("%v %q %v %v", r.Has(f), r.Bytes(f), r.Bool(f), r.List(f))
}

// TestMemoryOfHugeFrames checks that a huge frame does not need many times its
// size, and small ones after it do not keep its memory.
func TestMemoryOfHugeFrames(t *testing.T) {
	const n = 1 << 18
	event := func(payload string) []byte {
		return []byte(`{"action":"event","payload":{"eventTypeId":4,"eventPayload":` + payload + `}}`)
	}
	var replaces strings.Builder
	for i := range n {
		fmt.Fprintf(&replaces, `{"from":%d,"to":%d},`, i, i)
	}
	for _, test := range []struct {
		name  string
		frame []byte
		limit int // bytes allocated for each byte of the frame
	}{
		{"badges", event(`{"author":{"badges":[` + strings.Repeat(`{"title":"a"},`, n) + `{}]}}`), 16},
		{"empty badges", event(`{"author":{"badges":[` + strings.Repeat(`"",`, n) + `{}]}}`), 1},
		{"giftedTo", []byte(strings.Replace(string(event(`{"giftedTo":[`+strings.Repeat(`"a viewer",`, n)+`"x"]}`)), ":4,", ":26,", 1)), 16},
		{"replaces", event(`{"replaces":[` + replaces.String() + `{}],"text":"` + strings.Repeat("a", n) + `"}`), 12},
		{"empty replaces", event(`{"replaces":[` + strings.Repeat(`{},`, n) + `{}],"text":"a"}`), 1},
	} {
		d := newDecoder()
		apply(t, d, event(`{}`))
		heap, allocated := heapInUse(), totalAlloc()
		if _, err := d.decode(test.frame); err != nil {
			t.Fatal(err)
		}
		if used := totalAlloc() - allocated; used > test.limit*len(test.frame) {
			t.Errorf("%s: %d bytes for a frame of %d", test.name, used, len(test.frame))
		}
		apply(t, d, event(`{}`))
		if kept := heapInUse() - heap; kept > 64<<10 {
			t.Errorf("%s: %d bytes are kept", test.name, kept)
		}
		runtime.KeepAlive(d)
	}
}

func totalAlloc() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.TotalAlloc)
}

// TestRecordIsMadeOnce checks that the action and the platform are known before
// the record is made, which stays the same however often it is asked for.
func TestRecordIsMadeOnce(t *testing.T) {
	d := newDecoder()
	for range 3 {
		if err := d.apply([]byte(`{"action":"event","payload":{"connectionIdentifier":"1-twitter-a","eventPayload":{"author":{"id":1.0}}}}`)); err != nil {
			t.Fatal(err)
		}
		if action, platform := string(d.Action()), string(d.Platform()); action != "event" || platform != "x" {
			t.Fatalf("%s on %s", action, platform)
		}
		if first := marshal(d.Record()); first != marshal(d.Record()) {
			t.Fatalf("%s, then %s", first, marshal(d.Record()))
		}
	}
}

// TestDuplicateObjects checks that of many duplicates of an object only the last one
// counts.
func TestDuplicateObjects(t *testing.T) {
	var payload strings.Builder
	for n := range 300 {
		fmt.Fprintf(&payload, `"author":{"displayName":"%d","%s":"x"},"badges":[],"replaces":[{"from":%d}],`, n, []string{"name", "id", "color"}[n%3], n)
	}
	frame := []byte(`{"action":"event","payload":{"eventTypeId":4,"eventPayload":{` + payload.String() + `"text":"Kappa"}}}`)
	const want = `{"time":"` + received + `","action":"event","platform":"unknown","type":"text","type_id":4,"author":"299","author_color":"x","text":"Kappa"}`
	checkFrame(t, frame)
	d := newDecoder()
	for range 2 {
		if r, err := d.decode(frame); err != nil || marshal(r) != want {
			t.Errorf("got %s, want %s (%v)", marshal(r), want, err)
		}
	}
}
