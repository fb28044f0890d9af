package cmd

import (
	"testing"
	"time"
)

func TestTimePoints(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ text, first, want string }{
		{"2026-11-28T19:30:00Z", "", "2026-11-28T19:30:00Z"},
		{"2026-11-28T19:30:00.5+01:00", "", "2026-11-28T18:30:00.5Z"},
		{"2026-11-28 19:30", "", "2026-11-28T18:30:00Z"},
		{"2026-07-28 19:30:05", "", "2026-07-28T17:30:05Z"},
		{"19:30", "2026-11-28T18:00:00Z", "2026-11-28T18:30:00Z"},
		{"19:30:05", "2026-11-28T20:00:00Z", "2026-11-28T18:30:05Z"},
		// the day of the first action, in the user's time zone
		{"01:30", "2026-11-28T23:30:00Z", "2026-11-29T00:30:00Z"},
		// more than twelve hours before the first action: the next day
		{"08:00", "2026-11-28T19:00:00Z", "2026-11-28T07:00:00Z"},
		{"07:59", "2026-11-28T19:00:00Z", "2026-11-29T06:59:00Z"},
		{"00:10", "2026-11-28T22:30:00Z", "2026-11-28T23:10:00Z"},
		{"00:10", "2026-12-31T22:30:00Z", "2026-12-31T23:10:00Z"},
		// across the end of daylight saving time
		{"04:00", "2026-10-24T20:00:00Z", "2026-10-25T03:00:00Z"},
		{"+1h30m", "2026-11-28T19:00:00.25Z", "2026-11-28T20:30:00.25Z"},
		{"2026-11-28t20:00:00.5z", "2026-11-28T19:00:00Z", "2026-11-28T20:00:00.5Z"},
		{"+90", "2026-11-28T19:00:00Z", "2026-11-28T19:01:30Z"},
		{"+0s", "2026-11-28T19:00:00Z", "2026-11-28T19:00:00Z"},
	} {
		var m timePoint
		if err := m.UnmarshalText([]byte(test.text)); err != nil {
			t.Error(err)
			continue
		}
		first, _ := time.Parse(time.RFC3339, test.first)
		if got := m.resolve(first, berlin).UTC().Format(time.RFC3339Nano); got != test.want {
			t.Errorf("%s after %s is %s, want %s", test.text, test.first, got, test.want)
		}
	}
	if !(timePoint{}).resolve(time.Now(), nil).IsZero() {
		t.Error("the zero timePoint has a time")
	}
	for _, text := range []string{"", "now", "24:00", "7:3", "19:30Z", "2026-11-28", "2026-13-28 19:30", "2026-11-28T19:30:00", "+", "+1", "+-1h", "++1h", "-1h", "1h", "+1x", "+1h-"} {
		if err := new(timePoint).UnmarshalText([]byte(text)); (err == nil) != (text == "+1") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
