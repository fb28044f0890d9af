package filter

import (
	"strings"
	"testing"
)

// TestGate shows which programs run on which records.
func TestGate(t *testing.T) {
	tests := []struct{ program, want string }{
		{`select(.platform == "twitch")`, "twitch"},
		{`select(.platform == "twitch") | {author, text} | .author`, "twitch"},
		{`select("twitch" == .platform) | error("x")`, "twitch"},
		{`select((.platform == "twitch" or .platform == "x") and .nothing)`, "twitch x"},
		{`select(.platform == "kick" and error("x") or .platform == "x")`, "kick x"},
		{`select(.platform == "")`, "none"},
		{`select(.author == "Some Viewer")`, "all"},
		{`select(.platform)`, "no gate"},
		{`select(.platform != "x")`, "no gate"},
		{`select(.source_id == "2")`, "no gate"},
		{`select(.is_bot == "true")`, "no gate"},
		{`select(.badges == "x")`, "no gate"},
		{`select(.nothing == "x")`, "no gate"},
		{`select(.platform == 1)`, "no gate"},
		{`select(.platform == "\(1)")`, "no gate"},
		{`select(.platform.x == "x")`, "no gate"},
		{`select(.platform? == "x")`, "no gate"},
		{`select(.["platform"] == "x")`, "no gate"},
		{`select(.platform == "x"), 1`, "no gate"},
		{`(select(.platform == "x"))`, "no gate"},
		{`select(.platform == "x") // 1`, "no gate"},
		{`select(.platform == "x") as $x | 1`, "no gate"},
		{`select(.is_bot and .platform == "x")`, "no gate"},
		{`select(.is_bot or .platform == "x")`, "no gate"},
		{`[select(.platform == "x")]`, "no gate"},
		{`1 | select(.platform == "x")`, "no gate"},
		{`def select(f): 1; select(.platform == "x")`, "no gate"},
		{`def f: 1; select(.platform == "x") | f`, "no gate"},
		{`select(def f: 1; .platform == "x")`, "no gate"},
	}
	for _, test := range tests {
		p := compile(t, test.program, Options{})
		open := []string{}
		for _, platform := range []string{"twitch", "kick", "x"} {
			if p.gate != nil && p.gate(typical(platform)) {
				open = append(open, platform)
			}
		}
		got := strings.Join(open, " ")
		switch {
		case p.gate == nil:
			got = "no gate"
		case len(open) == 0:
			got = "none"
		case len(open) == 3:
			got = "all"
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.program, got, test.want)
		}
	}
}
