package decode

import (
	"testing"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
)

// The frames of all transcripts become the same records as with encoding/json.
func TestDecodeAgreesWithEncodingJSON(t *testing.T) {
	for _, frame := range frames(t) {
		compare(t, frame)
	}
}

func FuzzDecode(f *testing.F) {
	for _, frame := range frames(f) {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) { compare(t, frame) })
}

// compare decodes a frame, compares the record with the oracle's, and checks what
// a Record promises.
func compare(t *testing.T, frame []byte) {
	t.Helper()
	before := string(frame)
	want, ok := oracle(frame)
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
	// The oracle has no connection map, so each frame gets a new Decoder.
	if got := marshal(r); got != want {
		t.Fatalf("%q:\n got %s\nwant %s", frame, got, want)
	}
	checkPromises(t, r)
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
