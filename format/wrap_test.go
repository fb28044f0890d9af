package format

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// wrapping returns a writer for a terminal of that width.
func wrapping(width int, color bool) *Text {
	return NewText(TextOptions{Location: time.UTC, Color: color, PlatformColors: decode.PlatformColors(), Width: func() int { return width }})
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name   string
		width  int
		author string
		text   string
		want   string
	}{
		{"a line as wide as the terminal", 34, "Ada", "abcde fghij klmn", "" +
			"x            Ada: abcde fghij klmn"},
		{"under the message", 34, "Ada", "abcde fghij klmno pq", "" +
			"x            Ada: abcde fghij\n" +
			"                  klmno pq"},
		{"blanks at the break", 34, "Ada", "abcde  f         ghij   k", "" +
			"x            Ada: abcde  f\n" +
			"                  ghij   k"},
		{"a long word", 34, "Ada", "abc defghijklmnopqrstuvwxyzABCDEFGHIJKL MNO P", "" +
			"x            Ada: abc defghijklmno\n" +
			"                  pqrstuvwxyzABCDE\n" +
			"                  FGHIJKL MNO P"},
		{"wide characters", 35, "Ada", "日本語のメッセージです 👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀 é", "" +
			"x            Ada: 日本語のメッセー\n" +
			"                  ジです\n" +
			"                  👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀 é"},
		{"escapes", 34, "Ada", "abcde \x1b[2J\u202e \x1b[2J", "" +
			"x            Ada: abcde\n" +
			"                  \\x1b[2J\\u202e\n" +
			"                  \\x1b[2J"},
		{"under a long name", 40, "A name that is long", "abcde fghij klmno", "" +
			"x            A name that is long: abcde\n" +
			"             fghij klmno"},
		{"an address that has no room under the message", 34, "Ada", "see https://a.example/bcdefghij or this one and more", "" +
			"x            Ada: see\n" +
			"  https://a.example/bcdefghij or\n" +
			"                  this one and\n" +
			"                  more"},
		{"an address alone", 34, "Ada", "https://a.example/bcdefghij", "" +
			"x            Ada:\n" +
			"  https://a.example/bcdefghij"},
		{"an address that has no room at all", 34, "Ada", "see https://a.example/bcdefghijklmnopqrstuv or", "" +
			"x            Ada: see https://a.ex\n" +
			"                  ample/bcdefghijk\n" +
			"                  lmnopqrstuv or"},
		{"in a narrow terminal", 19, "Ada Lovelace", "abcde fghij klmno p", "" +
			"x         Ada\n" +
			"  Lovelace: abcde\n" +
			"  fghij klmno p"},
		{"in one that is too narrow", 7, "Ada", "abcde fghij", "" +
			"x     Ada: abcde fghij"},
	} {
		w := NewText(TextOptions{Clock: Clock{none: true}, Width: func() int { return c.width }})
		if got := string(w.Record(nil, chat("x", "", c.author, c.text), nil)); got != c.want+"\n" {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}

func TestWrapOfEverySample(t *testing.T) {
	var out []byte
	for _, width := range []int{200, 80, 36} {
		out = append(fmt.Appendf(out, "# %d columns\n", width), textOf(t, wrapping(width, false))...)
	}
	golden(t, "wrap.golden", out)
}

func TestWrapLeavesLinesForPipesAlone(t *testing.T) {
	want := textOf(t, NewText(TextOptions{Location: time.UTC}))
	if got := textOf(t, wrapping(0, false)); !bytes.Equal(got, want) {
		t.Errorf("a terminal that does not tell its width: %s", difference(string(want), string(got)))
	}
}

func TestWrapFollowsTheWindow(t *testing.T) {
	width := 200
	w := NewText(TextOptions{Clock: Clock{none: true}, Width: func() int { return width }})
	w.Know(record.Linked{Platform: "facebook", Channel: "a"})
	r := chat("facebook", "A page with a long name", "Ada", "one two three four five six seven")
	for _, c := range []struct {
		width int
		want  string
	}{
		{200, "facebook/A page with a …     Ada: one two three four five six seven\n"},
		{60, "facebook/A …     Ada: one two three four five six seven\n"},
		{40, "faceboo…     Ada: one two three four\n                  five six seven\n"},
		{100, "facebook/A page wit…     Ada: one two three four five six seven\n"},
	} {
		width = c.width
		if got := string(w.Record(nil, r, nil)); got != c.want {
			t.Errorf("%d columns:\n%swant\n%s", c.width, got, c.want)
		}
	}
}

// TestWrapKeepsColors checks that a colour ends before the line break, so that
// the indentation is not painted, and goes on behind it.
func TestWrapKeepsColors(t *testing.T) {
	r := chat("x", "", "Ada", "abcde fghij klmno")
	r.SetBool(record.IsAction, true)
	r.SetString(record.AuthorColor, "#ff0000")
	w := NewText(TextOptions{Clock: Clock{none: true}, Color: true, PlatformColors: decode.PlatformColors(), Width: func() int { return 33 }})
	const want = "" +
		"\x1b[38;5;102mx\x1b[0m        *   \x1b[1m\x1b[38;5;196mAda\x1b[0m \x1b[38;5;196mabcde fghij\x1b[0m\n" +
		"                 \x1b[38;5;196mklmno\x1b[0m\n"
	if got := string(w.Record(nil, r, nil)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWrapOfValues(t *testing.T) {
	w := NewText(TextOptions{Clock: Clock{none: true}, Width: func() int { return 34 }})
	for _, c := range []struct {
		v    any
		want string
	}{
		{map[string]any{"action": "event", "author": "Ada", "text": "abcde fghij klmno", "score": 12}, "" +
			"             Ada: abcde fghij\n" +
			"                  klmno score=12\n"},
		{"a string stays as long as it is, on a terminal too", "a string stays as long as it is, on a terminal too\n"},
	} {
		if got := string(w.Value([]byte("x\n"), c.v)); got != "x\n"+c.want {
			t.Errorf("got\n%swant\n%s", got, c.want)
		}
	}
}

func TestColumnTakesNoMoreThanAThird(t *testing.T) {
	for width := 6; width < 300; width++ {
		w := NewText(TextOptions{Clock: Clock{none: true}, Width: func() int { return width }})
		w.Know(record.Linked{Platform: "facebook", Channel: "a"})
		line := w.Record(nil, chat("facebook", strings.Repeat("long ", 20), "Ada", "hi"), nil)
		before, _, _ := strings.Cut(string(line), "…")
		if column := displaywidth.String(before) + 2; column > width/3 { // with … and the blank behind it
			t.Errorf("%d columns: the column of platform and channel takes %d: %q", width, column, line)
		}
	}
}

// FuzzWrap checks that a wrapped line loses nothing but blanks, is nowhere too
// wide, and has no continuation that begins like a line.
func FuzzWrap(f *testing.F) {
	f.Add("Ada", "hello \x1b[31m brave  new world", "5.00", uint8(30), true, uint64(0))
	f.Add("דנה\u202e", "\u009b2J\u2028 日本語日本語日本語", "", uint8(8), true, ^uint64(0))
	f.Add("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "e\u0301\u0301 👩‍🚀👩‍🚀👩‍🚀👩‍🚀", "\x7f", uint8(0), false, uint64(0x55555))
	for width := range uint8(40) { // so that the long word begins at each column
		f.Add("Ada", "hello 日本語日本語日本語日本語日本語日本語日本語日本語日本語 hello", "", width, false, uint64(0))
	}
	f.Fuzz(func(t *testing.T, author, text, other string, width uint8, color bool, bits uint64) {
		r := anyRecord(other, bits)
		r.SetPlain(record.Action, "event")
		r.SetPlain(record.Platform, "x")
		r.SetPlain(record.Type, "text")
		r.SetString(record.Author, author)
		r.SetString(record.Text, text)
		wide := int(width) + leastWidth
		got := string(withoutColors(wrapping(wide, color).Record(nil, r, nil)))
		whole := string(NewText(TextOptions{Location: time.UTC}).Record(nil, r, nil))
		if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(whole), "") {
			t.Errorf("%d columns:\n%swant\n%s", wide, got, whole)
		}
		for i, line := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
			if i > 0 && !strings.HasPrefix(line, "  ") {
				t.Errorf("%d columns: a continuation begins like a line:\n%s", wide, got)
			}
			if wide >= 24 && displaywidth.String(line) > wide { // the columns before the author fit
				t.Errorf("%d columns: %d in %q", wide, displaywidth.String(line), line)
			}
		}
	})
}
