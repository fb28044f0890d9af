package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

var noon = time.Date(2025, 2, 21, 12, 0, 0, 0, time.UTC)

// recorder keeps each Write.
type recorder struct{ writes []string }

func (w *recorder) Write(p []byte) (int, error) {
	w.writes = append(w.writes, string(p))
	return len(p), nil
}

func newStatus(mode StatusMode) (*Status, *recorder) {
	w := new(recorder)
	return NewStatus(w, mode, func() time.Time { return noon }), w
}

// linkRecord is the record of what became of the socket, as package cmd makes it;
// the numbers are names of fields and their values.
func linkRecord(at time.Time, status, reason string, numbers ...string) *record.Record {
	r := new(record.Record)
	r.SetTime(at)
	r.SetPlain(record.Action, "link")
	r.SetString(record.Status, status)
	if reason != "" {
		r.SetString(record.Reason, reason)
	}
	for i := 0; i < len(numbers); i += 2 {
		f, _ := record.ByName(numbers[i])
		r.SetNumber(f, []byte(numbers[i+1]))
	}
	return r
}

// TestStatusLinesOfTheContract checks the lines that the contract shows, to the
// letter.
func TestStatusLinesOfTheContract(t *testing.T) {
	s, w := newStatus(StatusText)
	s.Connection(record.Linked{Platform: "youtube", Channel: "Sunday Live", Status: "connected"}, nil)
	s.Connection(record.Linked{Platform: "twitch", Channel: "foo", Status: "error",
		Reason: "restream_channel_connection_expired", ReasonText: "Refresh it in the dashboard."}, nil)
	s.Connection(record.Linked{Platform: "discord", Channel: "#general", Status: "closed", Reason: "removed", ReasonText: "It was deleted."}, nil)
	s.Link(Link{NeverUp: true, Detail: "connection refused", Retry: 2100 * time.Millisecond}, linkRecord(noon, "lost", "network"))
	s.Link(Link{Detail: "nothing received for 60s", Retry: 2100 * time.Millisecond}, linkRecord(noon, "lost", "heartbeat_timeout"))
	s.Link(Link{Gap: 4200 * time.Millisecond}, linkRecord(noon, "restored", "heartbeat_timeout"))
	want := []string{
		"restail: + youtube \"Sunday Live\" connected\n",
		"restail: ! twitch/foo error: restream_channel_connection_expired: Refresh it in the dashboard.\n",
		"restail: - discord/#general closed: removed\n",
		"restail: ~ cannot connect (connection refused), retrying in 2.1s\n",
		"restail: ~ link lost (nothing received for 60s), retrying in 2.1s\n",
		"restail: + link restored after 4.2s; chat sent meanwhile was missed\n",
	}
	if got := strings.Join(w.writes, ""); got != strings.Join(want, "") {
		t.Errorf("got\n%swant\n%s", got, strings.Join(want, ""))
	}
}

// TestStatusOfARecord checks that a JSON line about a record has all of its
// fields.
func TestStatusOfARecord(t *testing.T) {
	var r record.Record
	r.SetPlain(record.Action, "connection_info")
	r.SetNumber(record.SourceID, []byte("13"))
	r.SetString(record.ChannelID, "UC\u202e")
	s, w := newStatus(StatusJSON)
	s.Connection(record.Linked{Platform: "youtube", Channel: "Owl", Status: "connected"}, &r)
	want := `{"time":"2025-02-21T12:00:00Z","kind":"connection","message":"youtube/Owl connected",` +
		`"action":"connection_info","source_id":13,"channel_id":"UC\u202e"}` + "\n"
	if got := strings.Join(w.writes, ""); got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

// everything reports one of each kind of news.
func everything(s *Status) {
	linked := []record.Linked{
		{Identifier: "1-discord-7", UUID: "u1", Platform: "discord", Channel: "猫 cafe", Status: "connected"},
		{Identifier: "1-twitch-9", UUID: "u2", Platform: "twitch", Channel: "foo\u202e", Status: "error",
			Reason: "internal", ReasonText: "Something broke."},
		{Identifier: "1-kick-3", UUID: "u3", Platform: "kick", Status: "connecting"},
	}
	for _, l := range linked {
		s.Connection(l, nil)
	}
	s.Connection(record.Linked{Platform: "facebook", Channel: "Page", Status: "closed"}, nil)
	s.Connection(record.Linked{Identifier: "1-newsite-3", Platform: "unknown", Status: "warming\x1bup"}, nil)
	s.Gone(linked[0])
	s.Link(Link{}, linkRecord(noon.Add(time.Second), "connected", ""))
	s.Link(Link{}, linkRecord(noon, "lost", "server_error", "attempt", "3"))
	s.Link(Link{Retry: 90 * time.Second}, linkRecord(noon.Add(2*time.Second), "lost", "", "attempt", "0"))
	s.Link(Link{NeverUp: true}, linkRecord(noon, "lost", "network", "attempt", "0"))
	s.Link(Link{Gap: 3723456 * time.Millisecond}, linkRecord(noon, "restored", "", "gap_seconds", "3723.456", "attempt", "4"))
	s.Link(Link{Detail: "HTTP 401"}, linkRecord(noon, "ended", "unauthorized"))
	s.Frame(errors.New("not JSON: unexpected 'x' at byte 17"), []byte("{\"action\":\"event\"\x1b[2Jx"))
	s.Frame(errors.New("no action"), []byte(strings.Repeat("é ", 40)+"\u202e"))
	s.Frame(errors.New("empty"), []byte(" \t\r\n"))
	s.MoreFrames(1)
	s.MoreFrames(4711)
	s.Filter("cannot iterate over: string (\"a\nb\")", nil)
	s.Note("link", "stdout is slow: the socket is held back")
	s.Summary(Counters{Received: 1234, Written: 1200, Filtered: 30, Broken: 1, FilterErrors: 3})
	s.Table(linked, Counters{Received: 5, Queued: 2, LastHeard: noon.Add(-2100 * time.Millisecond)})
	s.Table(nil, Counters{})
	s.Error("no token", "set RESTREAM_ACCESS_TOKEN, or run: restail login")
	s.Error("unexpected token \"|\"\n    .a | | .b\n         ^", "")
	s.Error("the filter does not compile:\n.a | | .b\n     ^\x1b\n", "no hint")
}

func TestStatusText(t *testing.T) {
	s, w := newStatus(StatusText)
	everything(s)
	golden(t, "status.golden", []byte(strings.Join(w.writes, "")))
	for _, write := range w.writes {
		if !strings.HasSuffix(write, "\n") || strings.ContainsFunc(write, hidden) {
			t.Errorf("no clean lines: %q", write)
		}
	}
}

func TestStatusJSON(t *testing.T) {
	s, w := newStatus(StatusJSON)
	everything(s)
	golden(t, "status.json.golden", []byte(strings.Join(w.writes, "")))
	for _, write := range w.writes {
		if strings.Count(write, "\n") != 1 || !strings.HasSuffix(write, "}\n") || strings.ContainsFunc(write, hidden) {
			t.Errorf("not one clean line: %q", write)
		}
		var object struct {
			Time    time.Time
			Kind    string
			Message string
		}
		if err := json.Unmarshal([]byte(write), &object); err != nil {
			t.Errorf("%v: %s", err, write)
		}
		if !strings.Contains("link connection frame filter error summary", object.Kind) || object.Message == "" || object.Time.Before(noon) {
			t.Errorf("incomplete: %s", write)
		}
	}
}

func TestStatusJSONKeepsValues(t *testing.T) {
	s, w := newStatus(StatusJSON)
	const channel = "a\x1b\u202e\U000e0041\u2028\"\\<é👩‍🚀"
	s.Connection(record.Linked{Platform: "x", Channel: channel, Status: "connected"}, nil)
	var object map[string]any
	if err := json.Unmarshal([]byte(w.writes[0]), &object); err != nil {
		t.Fatal(err)
	}
	if object["channel"] != channel {
		t.Errorf("channel reads back as %+q", object["channel"])
	}
}

func TestStatusNoneShowsErrorsAndWhatWasAskedFor(t *testing.T) {
	s, w := newStatus(StatusNone)
	everything(s)
	want, w2 := newStatus(StatusText)
	want.Frame(errors.New("not JSON: unexpected 'x' at byte 17"), []byte("{\"action\":\"event\"\x1b[2Jx"))
	want.Frame(errors.New("no action"), []byte(strings.Repeat("é ", 40)+"\u202e"))
	want.Frame(errors.New("empty"), []byte(" \t\r\n"))
	want.MoreFrames(1)
	want.MoreFrames(4711)
	want.Filter("cannot iterate over: string (\"a\nb\")", nil)
	want.Table([]record.Linked{
		{Platform: "discord", Channel: "猫 cafe", Status: "connected"},
		{Platform: "twitch", Channel: "foo\u202e", Status: "error", Reason: "internal", ReasonText: "Something broke."},
		{Identifier: "1-kick-3", Platform: "kick", Status: "connecting"},
	}, Counters{Received: 5, Queued: 2, LastHeard: noon.Add(-2100 * time.Millisecond)})
	want.Table(nil, Counters{})
	want.Error("no token", "set RESTREAM_ACCESS_TOKEN, or run: restail login")
	want.Error("unexpected token \"|\"\n    .a | | .b\n         ^", "")
	want.Error("the filter does not compile:\n.a | | .b\n     ^\x1b", "no hint")
	if got, want := strings.Join(w.writes, ""), strings.Join(w2.writes, ""); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestDroppedIsToldInEveryMode(t *testing.T) {
	const text = "restail: ~ 12 status lines were dropped: nobody read stderr\n"
	for mode, want := range map[StatusMode]string{
		StatusText: text, StatusNone: text,
		StatusJSON: `{"time":"2025-02-21T12:00:00Z","kind":"summary","message":"12 status lines were dropped: nobody read stderr","dropped":12}` + "\n",
	} {
		s, w := newStatus(mode)
		if got := string(s.Dropped(12)); got != want || len(w.writes) > 0 {
			t.Errorf("%s: got %q, want %q; written: %q", mode, got, want, w.writes)
		}
	}
	s, _ := newStatus(StatusText)
	if got, want := string(s.Dropped(1)), "restail: ~ 1 status line was dropped: nobody read stderr\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrorCannotForgeALine(t *testing.T) {
	s, w := newStatus(StatusText)
	s.Error("the server said: x\nrestail: + twitch/foo connected\r\n", "")
	if strings.Contains(w.writes[0], "\nrestail") {
		t.Errorf("a forged line: %q", w.writes[0])
	}
}

func TestStatusIsSafeForConcurrentUse(t *testing.T) {
	var out bytes.Buffer
	s := NewStatus(&out, StatusText, func() time.Time { return noon })
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				s.Filter(fmt.Sprintf("error %d", i), nil)
				s.Note("link", "note")
				s.Error("message", "hint")
			}
		})
	}
	group.Wait()
	counts := map[string]int{}
	for line := range strings.Lines(out.String()) {
		counts[line]++
	}
	if counts["restail: ~ note\n"] != 400 || counts["restail: message\n"] != 400 || counts["  hint\n"] != 400 || len(counts) != 3+8 {
		t.Errorf("lines: %v", counts)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0s", 4249 * time.Millisecond: "4.2s", 59949 * time.Millisecond: "59.9s",
		59950 * time.Millisecond: "1m0s", 90 * time.Second: "1m30s", 3 * time.Hour: "3h0m0s",
	} {
		if got := duration(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

func FuzzStatus(f *testing.F) {
	f.Add("youtube", "Sunday Live", "connected", "x\nrestail: + forged", []byte("{\"a\":\x1b"))
	f.Add("\u202e", "\"\x9b\u2028 ", "error", "\U000e0041", []byte(strings.Repeat("日本", 40)))
	f.Fuzz(func(t *testing.T, platform, channel, status, words string, frame []byte) {
		l := record.Linked{Identifier: words, Platform: platform, Channel: channel, Status: status, Reason: words, ReasonText: words}
		for _, mode := range []StatusMode{StatusText, StatusJSON} {
			s, w := newStatus(mode)
			s.Connection(l, nil)
			s.Gone(l)
			s.Link(Link{Detail: channel}, linkRecord(noon, status, words))
			s.Frame(errors.New(words), frame)
			s.Filter(words, nil)
			s.Note("link", words)
			for _, write := range w.writes {
				oneLine(t, []byte(write))
				if strings.ContainsFunc(write, hidden) {
					t.Errorf("a hostile character in %q", write)
				}
				if mode == StatusJSON && !json.Valid([]byte(write)) {
					t.Errorf("not JSON: %q", write)
				}
			}
			if len(w.writes) != 6 {
				t.Errorf("%d writes for six lines", len(w.writes))
			}
			s.Error(words, channel)
			table := string(AppendTable([]byte(w.writes[6]), []record.Linked{l}))
			if strings.ContainsFunc(table, hidden) {
				t.Errorf("a hostile character in %q", table)
			}
		}
	})
}
