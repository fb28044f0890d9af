package decode

import (
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
)

func TestTranscriptsKeepTheInvariants(t *testing.T) {
	for _, frame := range frames(t) {
		checkFrame(t, frame)
	}
}

func FuzzDecode(f *testing.F) {
	for _, frame := range frames(f) {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) { checkFrame(t, frame) })
}

// checkFrame decodes a frame and checks what holds for every frame. The transcripts
// check which value becomes which field.
func checkFrame(t *testing.T, frame []byte) {
	t.Helper()
	before := string(frame)
	root, ok := readAction(frame)
	d := newDecoder()
	err := d.apply(frame)
	if string(frame) != before {
		t.Fatalf("the frame was written to: %q became %q", before, frame)
	}
	if (err == nil) != ok {
		t.Fatalf("%q: decoded with %v, encoding/json says it is an action: %v", frame, err, ok)
	}
	if err != nil {
		checkPrintable(t, err.Error())
		return
	}
	action, platform := string(d.Action()), string(d.Platform())
	r := d.Record()
	if action != string(r.Bytes(record.Action)) || platform != string(r.Bytes(record.Platform)) {
		t.Fatalf("%q: action %q and platform %q before the record %s", frame, action, platform, marshal(r))
	}
	if got, want := string(r.Bytes(record.Time)), timeOf(root["timestamp"]); got != want {
		t.Fatalf("%q: time %s, want %s", frame, got, want)
	}
	checkForm(t, frame, root, marshal(r))
	checkValues(t, frame, root, r)
	checkEmotes(t, frame, root, r)
	checkPromises(t, r)
}

// checkForm checks that a frame becomes the same record when encoding/json has
// written it: whatever the order of its keys, its duplicates, blanks and escapes.
func checkForm(t *testing.T, frame []byte, root object, got string) {
	t.Helper()
	want, err := newDecoder().decode([]byte(toJSON(root)))
	if err != nil || got != marshal(want) {
		t.Fatalf("%q becomes\n     %s\nand  %s as %s: %v", frame, got, marshal(want), toJSON(root), err)
	}
}

// checkValues checks that the values of a record are those of its frame.
func checkValues(t *testing.T, frame []byte, root object, r *record.Record) {
	t.Helper()
	texts, numbers, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			texts[v], ids[v] = true, true
		case json.Number:
			numbers[string(v)], ids[integerDigits(v)] = true, true
		case []any:
			for _, element := range v {
				collect(element)
			}
		case object:
			for _, member := range v {
				collect(member)
			}
		}
	}
	collect(root)
	for f := range r.All {
		value := string(r.Bytes(f))
		ok := true
		switch kind := record.Fields[f].Kind; {
		case slices.Contains(derived, f):
		case f == record.Amount:
			ok = texts[value] || numbers[value]
		case f == record.Action:
			ok = texts[value] || value == "wire_link"
		case kind == record.ID:
			ok = ids[value]
		case kind == record.Number:
			ok = numbers[value]
		case kind == record.Strings:
			for _, c := range r.List(f) {
				ok = ok && (texts[string(c.Bytes)] || f == record.Connections && ids[string(c.Bytes)])
			}
		case kind == record.String:
			ok = texts[value] || value == "" && (f == record.Author || f == record.Text)
		}
		if !ok {
			t.Fatalf("%q: the frame has no such %s: %s", frame, f.Name(), marshal(r))
		}
	}
}

// derived are the fields whose values are not those of the frame as they are.
var derived = []record.Field{
	record.Time, record.Platform, record.Type, record.Status, record.ReasonText, record.GiftCount,
	record.Emotes, record.EmoteURLs,
}

func checkEmotes(t *testing.T, frame []byte, root object, r *record.Record) {
	t.Helper()
	var names, urls []string
	if string(r.Bytes(record.Action)) == "event" {
		event := inner(inner(root, "payload"), "eventPayload")
		text, _ := event["text"].(string)
		replaces, _ := event["replaces"].([]any)
		names, urls = expectedEmotes(text, replaces)
	}
	for f, want := range map[record.Field][]string{record.Emotes: names, record.EmoteURLs: urls} {
		var got []string
		for _, c := range r.List(f) {
			got = append(got, string(c.Bytes))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %s is %q, want %q", frame, f.Name(), got, want)
		}
	}
}

func checkPrintable(t *testing.T, s string) {
	t.Helper()
	for _, r := range s {
		if r < ' ' || r > '~' {
			t.Fatalf("an error is not safe to print: %q", s)
		}
	}
}

// checkPromises checks what the writers rely on.
func checkPromises(t *testing.T, r *record.Record) {
	t.Helper()
	for f := range r.All {
		switch record.Fields[f].Kind {
		case record.Bool:
		case record.Strings:
			if len(r.List(f)) == 0 {
				t.Fatalf("%s is an empty list", f.Name())
			}
			for _, c := range r.List(f) {
				checkChars(t, f, c)
			}
		default:
			if len(r.Bytes(f)) == 0 && f != record.Author && f != record.Text {
				t.Fatalf("%s is empty", f.Name())
			}
			checkChars(t, f, r.Chars(f))
		}
	}
	if len(r.List(record.Emotes)) != len(r.List(record.EmoteURLs)) {
		t.Fatal("emotes and emote_urls differ in length")
	}
}

func checkChars(t *testing.T, f record.Field, c record.Chars) {
	t.Helper()
	if !utf8.Valid(c.Bytes) {
		t.Fatalf("%s is not UTF-8: %q", f.Name(), c.Bytes)
	}
	for _, r := range string(c.Bytes) {
		if c.Plain && (r < ' ' || r == '"' || r == '\\' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029') {
			t.Fatalf("%s is not plain: %q", f.Name(), c.Bytes)
		}
	}
}
