package recording

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

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
	gap, zero, twelve := 4.2, int64(0), int64(12)
	tests := []struct {
		line string
		want Own
	}{
		{`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"lost","reason":"closed","attempt":0}`,
			Own{Kind: "link", Time: at, Status: "lost", Reason: "closed", Attempt: &zero}},
		{`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"restored","gap_seconds":4.2,"same":true}` + "\r\n",
			Own{Kind: "link", Time: at, Status: "restored", GapSeconds: &gap, Same: true}},
		{"\ufeff" + ` { "restail" : "link","status":"filled","count":12}`, Own{Kind: "link", Status: "filled", Count: &twelve}},
		{`{"restail":"unrecorded","time":"2026-11-28T19:30:00Z","seconds":4.2,"actions":12}`,
			Own{Kind: "unrecorded", Time: at, Seconds: 4.2, Actions: 12}},
		{`{"restail":"history","broadcast_id":"b","message":{"text":"hi"}}`,
			Own{Kind: "history", BroadcastID: "b", Message: json.RawMessage(`{"text":"hi"}`)}},
		{`{"restail":"later","action":7}`, Own{Kind: "later"}},
		{`{"restail":"link","Status":"lost","time":3,"attempt":"x","gap_seconds":null,"count":1e999}`, Own{Kind: "link"}},
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
