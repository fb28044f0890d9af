package format

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// textOf writes all samples, each below its name.
func textOf(t *testing.T, w *Text) []byte {
	t.Helper()
	var out []byte
	var r record.Record
	for _, s := range samples(t) {
		fill(t, &r, s.line)
		out = fmt.Appendf(out, "# %s\n", s.name)
		out = w.Record(out, &r, nil)
	}
	return out
}

func TestTextOfEverySample(t *testing.T) {
	golden(t, "text.golden", textOf(t, NewText(TextOptions{Location: time.UTC})))
}

func TestTextInColor(t *testing.T) {
	out := textOf(t, NewText(TextOptions{Location: time.UTC, Color: true, PlatformColors: decode.PlatformColors()}))
	golden(t, "color.golden", out)
	plain := textOf(t, NewText(TextOptions{Location: time.UTC}))
	if got := withoutColors(out); !bytes.Equal(got, plain) {
		t.Errorf("colours change more than colours:\n%s", difference(string(plain), string(got)))
	}
}

// colors are the only escape sequences that a line may have.
var colors = regexp.MustCompile(`\x1b\[[0-9;]+m`)

func withoutColors(text []byte) []byte { return colors.ReplaceAll(text, nil) }

// TestNoKnownActionIsWrittenAsUnknown checks that every known action has its
// own line: the line of an unknown one shows the record's fields by name.
func TestNoKnownActionIsWrittenAsUnknown(t *testing.T) {
	for _, action := range decode.Actions {
		if lineWriters[action.Name] == nil {
			t.Errorf("%s has no line of its own", action.Name)
		}
	}
}

func chat(platform, channel, author, text string) *record.Record {
	r := new(record.Record)
	r.SetPlain(record.Action, "event")
	r.SetString(record.Platform, platform)
	if channel != "" {
		r.SetString(record.Channel, channel)
	}
	r.SetPlain(record.Type, "text")
	r.SetString(record.Author, author)
	r.SetString(record.Text, text)
	return r
}

var noClock = TextOptions{Clock: Clock{none: true}}

func TestChannelIsNamedWhereThereAreSeveral(t *testing.T) {
	w := NewText(noClock)
	var out []byte
	out = w.Record(out, chat("twitch", "one", "A", "a"), nil)
	w.Know(record.Linked{Platform: "youtube", Channel: "One Live"})
	w.Know(record.Linked{Platform: "youtube", Channel: "One Live"})
	w.Know(record.Linked{Platform: "youtube"})
	out = w.Record(out, chat("youtube", "One Live", "B", "b"), nil)
	w.Know(record.Linked{Platform: "youtube", Channel: "Other"})
	out = w.Record(out, chat("youtube", "One Live", "B", "b"), nil)
	out = w.Record(out, chat("twitch", "one", "A", "a"), nil)
	out = w.Record(out, chat("twitch", "two", "C", "c"), nil)
	out = w.Record(out, chat("twitch", "", "D", "d"), nil)
	const want = "" +
		"twitch       A: a\n" +
		"youtube      B: b\n" +
		"youtube/One Live     B: b\n" +
		"twitch               A: a\n" +
		"twitch/two           C: c\n" +
		"twitch               D: d\n"
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func TestWideCharactersKeepTheColumns(t *testing.T) {
	names := []string{"猫猫猫猫", "e\u0301te\u0301", "👩‍🚀🇯🇵", "plain", "ไทย", "한국 어", "\x1b[2J"}
	w := NewText(noClock)
	for _, channel := range names {
		w.Know(record.Linked{Platform: "twitch", Channel: channel})
	}
	for _, channel := range names {
		out := w.Record(nil, chat("twitch", channel, "Ada", "hi"), nil)
		before, _, _ := strings.Cut(string(out), "Ada")
		if width := displaywidth.String(before); width != 20 {
			t.Errorf("%q: the author stands in column %d", out, width)
		}
	}
}

func TestLongNamesStayInTheirColumn(t *testing.T) {
	w := NewText(noClock)
	w.Know(record.Linked{Platform: "x", Channel: "a"})
	for _, c := range []struct{ platform, channel, want string }{
		{"x", strings.Repeat("long ", 10), "x/long long long long l…     Ada: hi\n"},
		{"x", strings.Repeat("猫", 20), "x/猫猫猫猫猫猫猫猫猫猫…      Ada: hi\n"},
		{"x", "$ [super chat 500 USD] Eve: ", "x/$ [super chat 500 USD…     Ada: hi\n"},
		{strings.Repeat("p", 40), "", strings.Repeat("p", 23) + "…     Ada: hi\n"},
		{"x", "", "x                            Ada: hi\n"},
		{"x", "a", "x/a                          Ada: hi\n"},
	} {
		if got := string(w.Record(nil, chat(c.platform, c.channel, "Ada", "hi"), nil)); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestOriginsAreBounded(t *testing.T) {
	var c originColumn
	for i := range 10 * maxPlatforms {
		c.learn(fmt.Appendf(nil, "platform-%d", i), []byte("a"))
	}
	if len(c.channels) != maxPlatforms {
		t.Errorf("%d platforms are remembered", len(c.channels))
	}
}

func TestAppendName(t *testing.T) {
	for _, c := range []struct{ platform, channel, want string }{
		{"twitch", "foo", "twitch/foo"},
		{"youtube", "Sunday Live", `youtube "Sunday Live"`},
		{"discord", "#general", "discord/#general"},
		{"x", "", "x"},
		{"x", `a "b" c`, `x "a \"b\" c"`},
		{"x", "wide\u3000blank", "x \"wide\u3000blank\""},
		{"x", "a\nb", `x "a\x0ab"`},
		{"\x1b", "\u202e", `\x1b/\u202e`},
	} {
		if got := string(appendName(nil, []byte(c.platform), []byte(c.channel))); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestTextLeavesNoBlanksAtTheEnd(t *testing.T) {
	for _, color := range []bool{false, true} {
		for _, r := range []*record.Record{
			chat("x", "", "Ada  ", "hi \u3000 "), chat("x", "", "Ada  ", "   "), chat("x", "", "  ", ""), chat("", "", "", ""),
		} {
			out := NewText(TextOptions{Color: color}).Record(nil, r, nil)
			line := strings.TrimSuffix(string(withoutColors(out)), "\n")
			if strings.TrimRightFunc(line, unicode.IsSpace) != line {
				t.Errorf("colour %v: %q", color, out)
			}
		}
	}
}

func TestTextValue(t *testing.T) {
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"a string as it is", `say "hi" <3`, `say "hi" <3`},
		{"a string keeps its tabs", "a\tb", "a\tb"},
		{"a string of several lines", "a\nrestail: forged\x1b[2J\u202e", `a\x0arestail: forged\x1b[2J\u202e`},
		{"a number", 12, "12"},
		{"true in an array", []any{true, nil}, "[true,null]"},
		{"an object", map[string]any{"text": "a\u202e\x1b\U000e0041"}, `{"text":"a\u202e\u001b\udb40\udc41"}`},
		{"an object whose action is no string", map[string]any{"action": 1}, `{"action":1}`},
		{"a record", map[string]any{
			"action": "event", "time": "2025-02-21T12:38:00.5Z", "platform": "kick", "type": "subscription",
			"author": "Zed", "text": "", "is_gift": true, "gift_count": 2, "gifted_to": []any{"ann", "bob"}, "is_subscriber": nil,
		}, "12:38:00 kick     +   Zed [gifted 2 subscriptions to ann, bob]"},
		{"a projection", map[string]any{"action": "event", "author": "Ada", "text": "hi"}, "                      Ada: hi"},
		{"a projection of the text", map[string]any{"action": "event", "text": "hi"}, "                      hi"},
		{"numbers of all kinds", map[string]any{
			"action": "event", "platform": "x", "type": "member_milestone", "author": "Ada", "months": 2.0, "text": "",
		}, "         x        +   Ada [member for 2 months]"},
		{"what a record has no place for", map[string]any{
			"action": "event", "platform": "x", "author": "Ada", "text": "hi", "score": 1.5, "role": []any{}, "source_id": int64(1), "currency": 5, "months": "many", "is_bot": "no",
			"time": "yesterday", "badges": []any{1}, "emotes": "Kappa", "amount": true, "level": map[string]any{}, "\x1b": "\x1b",
		}, `         x            Ada: hi \x1b="\u001b" amount=true badges=[1] currency=5 emotes="Kappa" is_bot="no" level={} months="many" role=[] score=1.5 source_id="1" time="yesterday"`},
		{"an action that is not known", map[string]any{"action": "raid", "viewers": 12, "author": "Ada"}, `                  ?   raid author="Ada" viewers=12`},
	} {
		w := NewText(TextOptions{Location: time.UTC})
		w.Value(nil, map[string]any{"action": "heartbeat", "time": "2025-02-21T12:38:00Z", "is_bot": true}) // leaves nothing behind
		if got := string(w.Value(nil, c.v)); got != c.want+"\n" {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want+"\n")
		}
	}
}

// hidden is what no line may contain.
func hidden(r rune) bool {
	return r != '\n' && unicode.Is(unicode.Cc, r) || r == 0x2028 || r == 0x2029 ||
		0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

func FuzzText(f *testing.F) {
	f.Add("event", "twitch", "super_chat", "Ada", "hello \x1b[31m", "5.00\n", uint64(0))
	f.Add("event", "x", "text", "דנה\u202e", "\u009b2J\u2028", "", ^uint64(0))
	f.Add("event", "newsite\r", "raid\x07", "", "", "\x7f", uint64(0x55555))
	for _, a := range decode.Actions {
		f.Add(a.Name, "discord", "unknown", "a", "b ", "c\xff", ^uint64(0))
	}
	f.Add("\x1b]0;x\x07", "", "", "", "", "", uint64(7))
	f.Fuzz(func(t *testing.T, action, platform, kind, author, text, other string, bits uint64) {
		r := anyRecord(other, bits)
		r.SetString(record.Action, action)
		r.SetString(record.Platform, platform)
		r.SetString(record.Type, kind)
		r.SetString(record.Author, author)
		r.SetString(record.Text, text)
		plain := NewText(TextOptions{Location: time.UTC}).Record(nil, r, nil)
		oneLine(t, plain)
		if bytes.ContainsFunc(plain, hidden) {
			t.Errorf("a hostile character in %q", plain)
		}
		if bytes.HasSuffix(plain, []byte(" \n")) {
			t.Errorf("blanks at the end of %q", plain)
		}
		colored := NewText(TextOptions{Location: time.UTC, Color: true}).Record(nil, r, nil)
		if got := withoutColors(colored); !bytes.Equal(bytes.TrimRight(got, " \n"), bytes.TrimRight(plain, " \n")) {
			t.Errorf("colours change more than colours:\n%q\n%q", colored, plain)
		}
		var object = map[string]any{"action": action, other: text, "author": []any{author}}
		oneLine(t, NewText(noClock).Value(nil, object))
	})
}

// anyRecord has the fields whose bit is set, all with the same text.
func anyRecord(text string, bits uint64) *record.Record {
	r := new(record.Record)
	r.SetTime(time.Unix(1740152273, 0))
	for f, field := range record.Fields {
		if bits>>(f%64)&1 == 0 || record.Field(f) == record.Time {
			continue
		}
		switch f := record.Field(f); field.Kind {
		case record.Bool:
			r.SetBool(f, true)
		case record.Number:
			r.SetInt(f, int64(bits))
		case record.Strings:
			r.Add(f, record.Chars{Bytes: []byte(text)})
			r.Add(f, record.Chars{Bytes: []byte("x")})
		default:
			r.SetString(f, text)
		}
	}
	return r
}
