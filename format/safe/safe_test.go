package safe_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/restail/restail/format/safe"
)

func TestAppendShowsWhatHarms(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"colour", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"clipboard", "\x1b]52;c;ZXZpbA==\a", `\x1b]52;c;ZXZpbA==\x07`},
		{"tab", "a\tb", `a\x09b`},
		{"newline", "a\r\nrestail: forged", `a\x0d\x0arestail: forged`},
		{"nul", "\x00", `\x00`},
		{"delete", "ab\x7f", `ab\x7f`},
		{"C1 introducer", "\u009b2J", `\x9b2J`},
		{"next line", "a\u0085b", `a\x85b`},
		{"last of C1", "\u009f", `\x9f`},
		{"separators", "a\u2028b\u2029c", `a\u2028b\u2029c`},
		{"embeddings and overrides", "\u202a\u202b\u202c\u202d\u202e", `\u202a\u202b\u202c\u202d\u202e`},
		{"isolates", "\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		{"deprecated controls", "\u206a\u206f", `\u206a\u206f`},
		{"annotation", "\ufff9a\ufffab\ufffb", `\ufff9a\ufffab\ufffb`},
		{"tags", "hi\U000e0041\U000e0042", `hi\U000e0041\U000e0042`},
		{"language tag", "\U000e0001", `\U000e0001`},
		{"tags behind another emoji", "🏳\U000e0067\U000e0062\U000e0065\U000e007f", `🏳\U000e0067\U000e0062\U000e0065\U000e007f`},
		{"flag without an end", "🏴\U000e0067\U000e0062\U000e0065 x", `🏴\U000e0067\U000e0062\U000e0065 x`},
		{"flag cut short", "🏴\U000e0067\U000e0062\U000e0065", `🏴\U000e0067\U000e0062\U000e0065`},
		{"flag with too few tags", "🏴\U000e0067\U000e0062\U000e007f", `🏴\U000e0067\U000e0062\U000e007f`},
		{"flag with too many tags", "🏴" + strings.Repeat("\U000e0061", 8) + "\U000e007f", `🏴` + strings.Repeat(`\U000e0061`, 8) + `\U000e007f`},
		{"flag with capitals", "🏴\U000e0047\U000e0042\U000e0045\U000e007f", `🏴\U000e0047\U000e0042\U000e0045\U000e007f`},
		{"selectors that spell a text", "😀\ufe01\ufe02\U000e0150\ufe02", `😀` + "\ufe01" + `\ufe02\U000e0150\ufe02`},
		{"a selector of nothing", "\ufe0fx", `\ufe0fx`},
		{"unassigned beside the tags", "\U000e0fff", `\U000e0fff`},
		{"not UTF-8", "a\xffb\xc3", `a\xffb\xc3`},
		{"overlong", "\xc0\x9b", `\xc0\x9b`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"in the ninth byte", "12345678\x1b", `12345678\x1b`},
		{"in the eighth byte", "1234567\x7f9", `1234567\x7f9`},
		{"in the first of eight bytes", "\x1f2345678", `\x1f2345678`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := safe.String(c.text); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// harmless is text that must stay as it is.
var harmless = []string{
	"", "a", "plain ASCII, longer than a word of eight bytes ~ !",
	`C:\new\x1b ¯\_(ツ)_/¯`,
	"👩‍🚀 👩🏽‍❤️‍💋‍👨🏿 👍🏽 ❤️ ❤️️ 1️⃣",
	"🇩🇪🇯🇵",
	"🏴󠁧󠁢󠁥󠁮󠁧󠁿🏴󠁧󠁢󠁳󠁣󠁴󠁿🏴󠁵󠁳󠁴󠁸󠁿 🏴 🏴‍☠️",
	"e\u0301 ñ Ạ̈ Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A",
	"שלום עולם", "\u200fعربي\u061c 12\u200e", "می\u200cخواهم", "क्\u200dष",
	"日本語、テスト。葛\U000e0100", "한국어", "ไทย", "co\u00adoperate", "\ufeffx", "a\u2063b", "\u00a0\ufffd",
}

func TestAppendLeavesTheRest(t *testing.T) {
	for _, text := range harmless {
		if got := safe.String(text); got != text {
			t.Errorf("got  %+q\nwant %+q", got, text)
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	if got := string(safe.Append([]byte("a\x1b"), []byte("\x1bb"))); got != "a\x1b\\x1bb" {
		t.Errorf("got %q", got)
	}
}

func TestAppendTabbed(t *testing.T) {
	if got, want := string(safe.AppendTabbed(nil, []byte("a\tb\nc\u202e"))), "a\tb\\x0ac\\u202e"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAppendJSON(t *testing.T) {
	const text = `{"a":"\u001b é ` + "\u202e \U000e0041 🏴\U000e0067\U000e0062\U000e0065\U000e007f" + `"}`
	const want = `{"a":"\u001b é \u202e \udb40\udc41 ` + "🏴\U000e0067\U000e0062\U000e0065\U000e007f" + `"}`
	got := safe.AppendJSON(nil, []byte(text))
	if string(got) != want {
		t.Errorf("got  %+q\nwant %+q", got, want)
	}
	var before, after map[string]string
	if err := json.Unmarshal([]byte(text), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &after); err != nil || after["a"] != before["a"] {
		t.Errorf("reads back as %+q, %v, want %+q", after["a"], err, before["a"])
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 1024)
	for _, text := range []string{"plain ASCII, nothing else", "日本語 👩‍🚀 é", "\x1b[31m\u202e\xff"} {
		text := []byte(text)
		if n := testing.AllocsPerRun(100, func() { dst = safe.Append(dst[:0], text) }); n != 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, text := range harmless {
		f.Add([]byte(text))
	}
	f.Add([]byte("a\x1b[2J\u009b\u2028\u202e\u2066\U000e0041\xff\ufe0f\t\x7f"))
	f.Add([]byte("🏴\U000e0067\U000e0062\U000e0065🏴\U000e007f\ufe01\ufe02\ufe01"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := safe.Append(nil, text)
		if !utf8.Valid(got) {
			t.Errorf("not UTF-8: %q", got)
		}
		unflagged := flag.ReplaceAllString(string(got), "")
		for _, r := range unflagged {
			if forbidden(r) {
				t.Errorf("%q let %U through", text, r)
			}
		}
		if again := safe.Append(nil, got); string(again) != string(got) {
			t.Errorf("not stable:\n%+q\n%+q", got, again)
		}
		if utf8.Valid(text) && !strings.ContainsFunc(string(text), suspect) && string(got) != string(text) {
			t.Errorf("harmless text was changed:\n%+q\n%+q", text, got)
		}
		tabbed := strings.ReplaceAll(string(safe.AppendTabbed(nil, text)), "\t", `\x09`)
		if tabbed != string(got) {
			t.Errorf("tabs make another difference:\n%+q\n%+q", got, tabbed)
		}
	})
}

// flag is what a flag of tags looks like.
var flag = regexp.MustCompile(`\x{1F3F4}[\x{E0030}-\x{E0039}\x{E0061}-\x{E007A}]{3,7}\x{E007F}`)

// forbidden is the contract's own list, written down a second time.
func forbidden(r rune) bool {
	return r < ' ' || 0x7f <= r && r < 0xa0 || r == 0x2028 || r == 0x2029 ||
		0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 || 0xe0000 <= r && r <= 0xe007f
}

// suspect is every character that may be shown as an escape.
func suspect(r rune) bool {
	return forbidden(r) || 0x206a <= r && r <= 0x206f || 0xfff9 <= r && r <= 0xfffb ||
		0xe0080 <= r && r <= 0xe0fff || 0xfe00 <= r && r <= 0xfe0f
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"ascii", "this is what most chat messages look like, a sentence or two"},
		{"mixed", "日本語のメッセージ 👩‍🚀 с приветом é"},
		{"hostile", "\x1b[31mred\x1b[0m \u202eevil \U000e0041"},
	} {
		text := []byte(c.text)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			var dst []byte
			for b.Loop() {
				dst = safe.Append(dst[:0], text)
			}
		})
	}
}
