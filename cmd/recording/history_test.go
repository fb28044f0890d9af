package recording

import (
	"testing"
	"time"
)

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

// A message is the same in its line, on one line.
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
