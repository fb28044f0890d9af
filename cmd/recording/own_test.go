package recording

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/restail/restail/decode/record"
)

func linkRecord(fields map[record.Field]string) *record.Record {
	r := new(record.Record)
	r.SetTime(time.Date(2026, 11, 28, 19, 30, 0, 0, time.UTC))
	r.SetPlain(record.Action, "link")
	for f, value := range fields {
		if record.Fields[f].Kind == record.Number {
			r.SetNumber(f, []byte(value))
		} else {
			r.SetString(f, value)
		}
	}
	return r
}

func TestAppendLink(t *testing.T) {
	tests := []struct {
		fields map[record.Field]string
		same   bool
		want   string
	}{
		{map[record.Field]string{record.Status: "lost", record.Reason: "closed", record.Attempt: "0"}, false,
			`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"lost","reason":"closed","attempt":0}`},
		{map[record.Field]string{record.Status: "restored", record.GapSeconds: "4.2", record.Attempt: "3"}, true,
			`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"restored","gap_seconds":4.2,"attempt":3,"same":true}`},
		{map[record.Field]string{record.Status: "filled", record.Filled: "12"}, false,
			`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"filled","count":12}`},
		{map[record.Field]string{record.Status: "lost", record.Reason: "a \"b\"\n"}, false,
			`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"lost","reason":"a \"b\"\n"}`},
	}
	for _, test := range tests {
		if got := string(AppendLink(nil, linkRecord(test.fields), test.same)); got != test.want+"\n" {
			t.Errorf("got  %swant %s", got, test.want)
		}
	}
}

func TestParseOwn(t *testing.T) {
	at := time.Date(2026, 11, 28, 19, 30, 0, 0, time.UTC)
	tests := []struct {
		line string
		want Own
	}{
		{`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"lost","reason":"closed","attempt":0}`,
			Own{Kind: "link", Time: at, Status: "lost"}},
		{`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"restored","gap_seconds":4.2,"same":true}` + "\r\n",
			Own{Kind: "link", Time: at, Status: "restored", SameSocket: true}},
		{"\ufeff" + ` { "restail" : "link","status":"filled","count":12}`, Own{Kind: "link", Status: "filled"}},
		{`{"restail":"unrecorded","time":"2026-11-28T19:30:00Z","seconds":4.2,"actions":12}`,
			Own{Kind: "unrecorded", Time: at, Seconds: 4.2, Actions: 12}},
		{`{"restail":"history","broadcast_id":"b","message":{"text":"hi"}}`,
			Own{Kind: "history", BroadcastID: "b", Message: json.RawMessage(`{"text":"hi"}`)}},
		{`{"restail":"later","action":7}`, Own{Kind: "later"}},
		{`{"restail":"link","Status":"lost","time":3,"actions":"x","seconds":1e999,"same":null}`, Own{Kind: "link"}},
	}
	for _, test := range tests {
		got, ok := ParseOwn([]byte(test.line))
		if !ok || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s\ngot  %+v, %v\nwant %+v", test.line, got, ok, test.want)
		}
	}
	for _, line := range []string{
		"", "{", "restail", `["restail"]`, `{"action":"event"}`, `{"restail":"link","action":"event"}`,
		`{"action":null,"restail":"link"}`, `{"restail":7}`, `{"restail":null}`, `{"restail":"link"} {}`, `{"restail":"link"`, `{"Restail":"link"}`,
	} {
		if own, ok := ParseOwn([]byte(line)); ok {
			t.Errorf("%s is taken for restail's own: %+v", line, own)
		}
	}
}

func TestRelinks(t *testing.T) {
	for line, want := range map[string]bool{
		`{"restail":"link","status":"connected"}`:            true,
		`{"restail":"link","status":"restored"}`:             true,
		`{"restail":"link","status":"restored","same":true}`: false,
		`{"restail":"link","status":"lost"}`:                 false,
		`{"restail":"other","status":"connected"}`:           false,
	} {
		if own, _ := ParseOwn([]byte(line)); own.Relinks() != want {
			t.Errorf("%s: %v, want %v", line, own.Relinks(), want)
		}
	}
}

// TestUnrecordedWhileClockIsSetBack has a wall clock that is set back by an hour in the
// ten seconds that were not recorded.
func TestUnrecordedWhileClockIsSetBack(t *testing.T) {
	const back = 3600
	from := time.Now()
	to := from.Add(10 * time.Second)
	*(*uint64)(unsafe.Pointer(&to)) -= back << 30 // the wall clock's seconds: only the clock itself sets one of the two
	if passed := to.Sub(from); passed != 10*time.Second || to.Unix() != from.Unix()+10-back {
		t.Fatalf("%v have passed from %v to %v", passed, from, to)
	}
	line := AppendUnrecorded(nil, from, to, 1)
	if own, _ := ParseOwn(line); own.Seconds < 10 || own.Seconds > 11 {
		t.Errorf("the line is %s", line)
	}
}

func TestAppendUnrecorded(t *testing.T) {
	from := time.Date(2026, 11, 28, 19, 30, 0, 400e6, time.UTC)
	const want = `{"restail":"unrecorded","time":"2026-11-28T19:30:00Z","seconds":4.601,"actions":12}` + "\n"
	if got := string(AppendUnrecorded(nil, from, from.Add(4200*time.Millisecond+1), 12)); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	if got := string(AppendUnrecorded(nil, from, from.Add(-time.Hour), 0)); got != `{"restail":"unrecorded","time":"2026-11-28T19:30:00Z","seconds":0,"actions":0}`+"\n" {
		t.Errorf("a clock that was set back: %s", got)
	}
}

func FuzzParseOwn(f *testing.F) {
	f.Add([]byte(`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"lost","reason":"closed","attempt":0}`))
	f.Add([]byte(`{"restail":"history","broadcast_id":"b","message":{"text":"hi"}}`))
	f.Add([]byte(`{"restail":"link","action":"event"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		_, ok := ParseOwn(line)
		if ok && !json.Valid(bytes.TrimPrefix(line, []byte("\ufeff"))) {
			t.Errorf("%q is not JSON", line)
		}
	})
}

func TestHistoryPlatform(t *testing.T) {
	for name, want := range map[string]string{
		`"YouTube"`: "youtube", `"X"`: "x", `"Twitter"`: "x", `"twitter live"`: "x", `"Facebook Page"`: "facebook",
		`"Foo Bar"`: "foo-bar", `"KICK"`: "kick", `""`: "", `null`: "", `7`: "",
	} {
		if got, ok := ParseHistory([]byte(`{"platform":` + name + `}`)); !ok || got.Platform != want {
			t.Errorf("%s is %q, want %q", name, got.Platform, want)
		}
	}
}

func TestHistoryTime(t *testing.T) {
	at := time.Date(2026, 5, 1, 19, 0, 2, 0, time.UTC)
	for stamp, want := range map[string]time.Time{
		`"2026-05-01T19:00:02Z"`:         at,
		`"2026-05-01T21:00:02.5+02:00"`:  at.Add(time.Second / 2),
		`"2026-05-01T21:00:02.500+0200"`: at.Add(time.Second / 2),
		`"2026-05-01T19:00:02"`:          at,
		`"2026-05-01 19:00:02.25"`:       at.Add(time.Second / 4),
		`"2026-05-01 17:00:02-02:00"`:    at,
		`"0001-01-01T00:00:00Z"`:         {},
		`"9999-12-31T23:00:00-02:00"`:    {},
		`"yesterday"`:                    {},
		`1777662002`:                     {},
		`null`:                           {},
	} {
		if got, _ := ParseHistory([]byte(`{"timestamp":` + stamp + `}`)); !got.Time.Equal(want) {
			t.Errorf("%s is %v, want %v", stamp, got.Time, want)
		}
	}
}

func TestParseHistory(t *testing.T) {
	got, ok := ParseHistory([]byte(`{"author":"A","Author":"B","text":"one","text":"two","channelName":null}`))
	if want := (HistoryMessage{Author: "A", Text: "two"}); !ok || got != want {
		t.Errorf("%+v", got)
	}
	for _, other := range []string{`null`, `[]`, `"text"`, `7`, `{`, ``} {
		if _, ok := ParseHistory([]byte(other)); ok {
			t.Errorf("%s is taken for a message", other)
		}
	}
}

// TestAppendHistory checks that a message stays the same, but for line breaks.
func TestAppendHistory(t *testing.T) {
	for message, want := range map[string]string{
		`{"text": "<3", "meta":1.0}`:             `{"restail":"history","broadcast_id":"a\"b","message":{"text": "<3", "meta":1.0}}`,
		"{\"text\":\r\n \"a  b\",\n\"meta\":{}}": `{"restail":"history","broadcast_id":"a\"b","message":{"text":"a  b","meta":{}}}`,
	} {
		line := AppendHistory(nil, `a"b`, []byte(message))
		if string(line) != want+"\n" {
			t.Errorf("got %s", line)
		}
		if own, ok := ParseOwn(line); !ok || own.Kind != KindHistory || own.BroadcastID != `a"b` {
			t.Errorf("%s is read as %+v", line, own)
		}
	}
}
