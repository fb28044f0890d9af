package format

import (
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

func TestClock(t *testing.T) {
	zone := time.FixedZone("XST", 3*3600)
	at := time.Date(2025, 2, 21, 22, 4, 5, 250e6, time.UTC)
	for _, c := range []struct{ value, want string }{
		{"local", "01:04:05 x"},
		{"utc", "22:04:05 x"},
		{"none", "x"},
		{"%H:%M", "01:04 x"},
		{"%-I:%M %p", "1:04 AM x"},
		{"%F %T %Z", "2025-02-22 01:04:05 XST x"},
		{"%S.%3f", "05.250000 x"},
		{"100%%", "100% x"},
		{"%:z", "+03:00 x"},
		{"%H%n%t%M", `01\x0a\x0904 x`},
		{"\x1b[31m%H\u202e", `\x1b[31m01\u202e x`},
	} {
		clock, err := ParseClock(c.value)
		if err != nil {
			t.Errorf("%q: %v", c.value, err)
			continue
		}
		var r record.Record
		r.SetPlain(record.Action, "event")
		r.SetPlain(record.Platform, "x")
		r.SetTime(at)
		got := string(NewText(TextOptions{Clock: clock, Location: zone}).Record(nil, &r, nil))
		if got != c.want+"\n" {
			t.Errorf("%q: got %q, want %q", c.value, got, c.want)
		}
	}
}

func TestClockThatChanges(t *testing.T) {
	clock, err := ParseClock("%-H:%M:%S.%f")
	if err != nil {
		t.Fatal(err)
	}
	text := NewText(TextOptions{Clock: clock, Location: time.UTC})
	var r record.Record
	var out []byte
	for _, at := range []time.Time{
		time.Date(2025, 2, 21, 23, 59, 59, 1000, time.UTC),
		time.Date(2025, 2, 21, 23, 59, 59, 2000, time.UTC), // the same second
		time.Date(2025, 2, 22, 0, 0, 0, 0, time.UTC),       // narrower
		{}, // unknown
	} {
		r.At = at
		r.SetPlain(record.Action, "event")
		r.SetPlain(record.Text, "hi")
		out = text.Record(out, &r, nil)
	}
	const want = "" +
		"23:59:59.000001              hi\n" +
		"23:59:59.000002              hi\n" +
		"0:00:00.000000               hi\n" +
		"                             hi\n"
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func TestParseClockSaysWhatIsAllowed(t *testing.T) {
	for _, c := range []struct{ value, says string }{
		{"", `invalid time format "": want local, utc, none`},
		{"UTC", "strftime"},
		{"lcoal\x1b", `\x1b`},
		{"15:04", "%H:%M"},
		{"%H:%Q", `unknown directive "%Q"`},
		{"%H%", `unknown directive "%"`},
		{"%-", `unknown directive "%-"`},
		{"%5é", `unknown directive "%5é"`},
		{"%::::z", `unknown directive "%:"`},
		{"%E", `unknown directive "%E"`},
	} {
		_, err := ParseClock(c.value)
		if err == nil {
			t.Errorf("%q is a clock", c.value)
		} else if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %q does not say %q", c.value, err, c.says)
		}
	}
}
