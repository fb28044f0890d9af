package recording

import (
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

// shown returns a record as name=value, its lists in brackets.
func shown(r *record.Record) string {
	var fields []string
	for f := range r.All {
		value := string(r.Bytes(f))
		switch record.Fields[f].Kind {
		case record.Bool:
			value = map[bool]string{true: "true", false: "false"}[r.Bool(f)]
		case record.Strings:
			value = "["
			for _, c := range r.List(f) {
				value += string(c.Bytes) + "|"
			}
			value += "]"
		}
		fields = append(fields, f.Name()+"="+value)
	}
	return strings.Join(fields, " ")
}

var now = time.Date(2026, 5, 6, 7, 8, 9, 123, time.UTC)

func TestRecords(t *testing.T) {
	var p LineParser
	for line, want := range map[string]string{
		`{"time":"2026-01-02T03:04:05Z","action":"event","author":"","text":"h\u00e9 \"x\"","emotes":["a","","\n"],"badges":[],"months":1.50,"is_bot":false,"is_first":true}`: "time=2026-01-02T03:04:05Z action=event author= is_bot=false text=hé \"x\" emotes=[a||\n|] months=1.50 is_first=true",
		` {"action":"later","time":"2026-01-02T05:04:05.250+02:00"} `: "time=2026-01-02T03:04:05.250Z action=later",
		// of another type, or unknown, or empty
		`{"time":"2026-01-02T03:04:05Z","action":"event","author":1,"text":null,"tier":"2","is_bot":"true","badges":"x","gifted_to":[1,null,"a",{}],"event_id":5,"channel":"","new":{"time":1},"Text":"x"}`: "time=2026-01-02T03:04:05Z action=event gifted_to=[a|]",
		// the last of a name counts
		`{"time":"2026-01-02T03:04:05Z","action":"event","text":"a","text":"b","author":"a","author":1,"emotes":["a"],"emotes":["b"]}`: "time=2026-01-02T03:04:05Z action=event text=b emotes=[b|]",
		// without a usable time
		`{"time":"yesterday","action":"event"}`:             "time=2026-05-06T07:08:09Z action=event",
		`{"time":"1970-01-02T03:04:05Z","action":"event"}`:  "time=2026-05-06T07:08:09Z action=event",
		`{"time":"0000-01-01T00:00:00+01:00","action":"a"}`: "time=2026-05-06T07:08:09Z action=a",
		// none
		`{"time":1,"action":"event"}`:                            "",
		`{"time":"","action":"event"}`:                           "",
		`{"time":"2026-01-02T03:04:05Z","action":""}`:            "",
		`{"time":"2026-01-02T03:04:05Z"}`:                        "",
		`{"time":"2026-01-02T03:04:05Z","action":"event"`:        "",
		`[{"time":"2026-01-02T03:04:05Z","action":"event"}]`:     "",
		`{"a":{"time":"2026-01-02T03:04:05Z","action":"event"}}`: "",
		`{"action":"event","timestamp":1740152273,"payload":{}}`: "",
	} {
		got := ""
		if l := p.Record([]byte(line), now); l != nil {
			got = shown(&l.Record)
			if l.Kind != "" {
				t.Errorf("%s is of kind %q", line, l.Kind)
			}
		}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", line, got, want)
		}
	}
}

func TestOwnLines(t *testing.T) {
	var p LineParser
	for line, want := range map[string]string{
		`{"restail":"link","time":"2026-01-02T03:04:05Z","status":"restored","reason":"closed","gap_seconds":4.250,"attempt":2,"same":true,"new":1}`: "link: time=2026-01-02T03:04:05Z action=link status=restored reason=closed gap_seconds=4.250 attempt=2",
		`{"restail":"link","status":"filled","count":3}`:                     "link: time=2026-05-06T07:08:09Z action=link status=filled count=3",
		`{"restail":"unrecorded","time":"2026-01-02T03:04:05Z","actions":7}`: "unrecorded: time=2026-01-02T03:04:05Z",
		`{"restail":"later","status":"x","time":"2026-01-02T03:04:05Z"}`:     "later: time=2026-01-02T03:04:05Z",
		`{"restail":"history","broadcast_id":"b","message":{"timestamp":"2026-01-02T04:04:05+01:00","platform":"YouTube","channelName":"Ch","author":"A","text":"<3","meta":{"x":1}}}`: "history: time=2026-01-02T03:04:05Z action=event platform=youtube channel=Ch type=text broadcast_id=b author=A text=<3 is_history=true",
		`{"restail":"history","message":{"timestamp":5,"platform":null,"channelName":null,"author":null,"text":null,"Text":"x"}}`:                                                      "history: time=2026-05-06T07:08:09Z action=event platform=unknown type=text author= text= is_history=true",
		`{"restail":"link","time":"2026-01-02T03:04:05Z"}`:   "",
		`{"restail":"history","message":null}`:               "",
		`{"restail":"history"}`:                              "",
		`{"restail":"link","status":"lost","action":"link"}`: "",
		`{"status":"lost","restail":"link"}`:                 "",
		`{"restail":1,"status":"lost"}`:                      "",
		`{"restail":"link","status":"lost"`:                  "",
		`not JSON`:                                           "",
	} {
		got := ""
		if l := p.Own([]byte(line), now); l != nil {
			got = l.Kind + ": " + shown(&l.Record)
		}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", line, got, want)
		}
	}
	if l := p.Own([]byte(`{"restail":"link","status":"restored","same":true}`), now); !l.SameSocket || l.MovesClock() {
		t.Errorf("%+v", l.Own)
	}
	if l := p.Own([]byte(`{"restail":"history","message":{"text": "x" }}`), now); string(l.Message) != `{"text": "x" }` || !l.MovesClock() {
		t.Errorf("%+v", l.Own)
	}
	if l := p.Record([]byte(`{"time":"2026-01-02T03:04:05Z","action":"event"}`), now); l.Message != nil || l.Kind != "" {
		t.Errorf("a record has what was of the line before: %+v", l.Own)
	}
}

// TestHead checks that only connection_info at the beginning belongs to the head, and only
// as much as the connection map holds.
func TestHead(t *testing.T) {
	var h Head
	for i, want := range []struct {
		action string
		has    bool
	}{{"connection_info", true}, {"connection_info", true}, {"event", false}, {"connection_info", false}} {
		if has := h.Has([]byte(want.action), 100); has != want.has {
			t.Errorf("action %d: %v", i, has)
		}
	}
	h = Head{}
	if !h.Has([]byte("connection_info"), MaxHead) || h.Has([]byte("connection_info"), 1) {
		t.Error("a head without a bound")
	}
}
