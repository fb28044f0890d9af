package decode

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
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
	if at, err := time.Parse(time.RFC3339, string(r.Bytes(record.Time))); err != nil || !at.Equal(r.At) || at.Year() < 2000 {
		t.Fatalf("%q: time %s, %v", frame, r.Bytes(record.Time), err)
	}
	checkForm(t, frame, root, marshal(r))
	checkValues(t, frame, root, r)
	checkEmotes(t, frame, r)
	checkRecord(t, r)
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
				ok = ok && (texts[string(c.Bytes)] || f == record.Connections && ids[string(c.Bytes)] || f == record.EmoteURLs && len(c.Bytes) == 0)
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
	record.Emotes,
}

// checkEmotes checks that the emotes are pieces of the text, one behind the other.
func checkEmotes(t *testing.T, frame []byte, r *record.Record) {
	t.Helper()
	rest := string(r.Bytes(record.Text))
	for _, emote := range r.List(record.Emotes) {
		_, after, found := strings.Cut(rest, string(emote.Bytes))
		if !found || len(emote.Bytes) == 0 {
			t.Fatalf("%q: the emote %q is not in %q", frame, emote.Bytes, rest)
		}
		rest = after
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

// checkRecord checks what the writers rely on.
func checkRecord(t *testing.T, r *record.Record) {
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

type object = map[string]any

// readAction reads a frame with encoding/json, false when it is not an action.
func readAction(frame []byte) (root object, ok bool) {
	frame = bytes.TrimPrefix(frame, byteOrderMark)
	d := json.NewDecoder(bytes.NewReader(frame))
	d.UseNumber()
	if !json.Valid(frame) || bytes.TrimSpace(frame)[0] != '{' || d.Decode(&root) != nil {
		return nil, false
	}
	action, _ := root["action"].(string)
	return root, action != ""
}

// inner returns a member that is an object, an empty object when it is not.
func inner(o object, name string) object {
	member, _ := o[name].(object)
	return member
}

func toJSON(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// isHugePower reports whether a number has an exponent that math/big should not
// compute.
func isHugePower(n json.Number) bool {
	_, exponent, _ := strings.Cut(strings.ToLower(string(n)), "e")
	return len(strings.TrimLeft(exponent, "+-0")) > 3
}

// integerDigits returns the digits of a number whose value is an integer, else "".
func integerDigits(n json.Number) string {
	mantissa, _, _ := strings.Cut(strings.ToLower(string(n)), "e")
	switch {
	case !strings.ContainsAny(mantissa, "123456789"):
		return "0"
	case !strings.ContainsAny(string(n), ".eE"):
		return string(n)
	case isHugePower(n):
		return ""
	}
	value, ok := new(big.Rat).SetString(string(n))
	if !ok || !value.IsInt() || len(new(big.Int).Abs(value.Num()).String()) > maxDigits {
		return ""
	}
	return value.Num().String()
}
