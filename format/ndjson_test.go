package format

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
)

func TestNDJSONWritesEverySample(t *testing.T) {
	var r record.Record
	for _, s := range samples(t) {
		fill(t, &r, s.line)
		if got := string(NDJSON{}.Record(nil, &r, nil)); got != s.line+"\n" {
			t.Errorf("%s:\ngot  %s\nwant %s", s.name, got, s.line)
		}
	}
}

func TestNDJSONEscapes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"markup", `<3 & </b>`, `"<3 & </b>"`},
		{"quotes", `say "\o/"`, `"say \"\\o/\""`},
		{"short escapes", "\b\f\n\r\t", `"\b\f\n\r\t"`},
		{"C0", "\x00\x1b\x1f", `"\u0000\u001b\u001f"`},
		{"DEL and C1", "\x7f\u0080\u009b\u009f\u00a0", `"\u007f\u0080\u009b\u009f` + "\u00a0\""},
		{"separators", "a\u2028b\u2029c\u202a", `"a\u2028b\u2029c` + "\u202a\""},
		{"emoji and CJK", "日本語 👩‍🚀 é", `"日本語 👩‍🚀 é"`},
		{"not UTF-8", "a\xffb\xe2\x80", `"a\ufffdb\ufffd\ufffd"`},
		{"replacement character", "\ufffd", "\"\ufffd\""},
		{"after eight bytes", "12345678\x7f", `"12345678\u007f"`},
		{"bytes beside the special ones", "!#[]~ ", `"!#[]~ "`},
	} {
		var r record.Record
		r.SetString(record.Text, c.text)
		if got, want := string(NDJSON{}.Record(nil, &r, nil)), `{"text":`+c.want+"}\n"; got != want {
			t.Errorf("%s: got %s, want %s", c.name, got, want)
		}
	}
}

func TestNDJSONFields(t *testing.T) {
	const line = `{"time":"2025-02-21T12:38:00Z","action":"event","source_id":2,"author":"Ada","badges":["a","b"],"is_bot":false,"text":""}`
	for _, c := range []struct {
		name   string
		fields []record.Field
		want   string
	}{
		{"in the order asked for", []record.Field{record.Text, record.Author, record.SourceID}, `{"text":"","author":"Ada","source_id":2}` + "\n"},
		{"absent ones left out", []record.Field{record.Tier, record.IsBot, record.Amount, record.Badges}, `{"is_bot":false,"badges":["a","b"]}` + "\n"},
		{"none there", []record.Field{record.Tier}, ""},
	} {
		var r record.Record
		fill(t, &r, line)
		n := NDJSON{Fields: c.fields}
		if got := string(n.Record([]byte("x\n"), &r, nil)); got != "x\n"+c.want {
			t.Errorf("%s: record: got %s, want %s", c.name, got, c.want)
		}
		object := map[string]any{"action": "event", "author": "Ada", "text": "", "source_id": 2, "is_bot": false, "badges": []any{"a", "b"}, "other": 1}
		if got := string(n.Value([]byte("x\n"), object)); got != "x\n"+c.want {
			t.Errorf("%s: value: got %s, want %s", c.name, got, c.want)
		}
	}
	if got := string(NDJSON{Fields: []record.Field{record.Text}}.Value(nil, []any{"text"})); got != "[\"text\"]\n" {
		t.Errorf("fields changed an array: %s", got)
	}
}

func TestNDJSONWritesAFiltersEmptyObject(t *testing.T) {
	if got := string(NDJSON{}.Value(nil, map[string]any{})); got != "{}\n" {
		t.Errorf("got %q", got)
	}
}

func TestNDJSONEmptyList(t *testing.T) {
	var r record.Record
	r.Add(record.Badges, record.Chars{})
	if got := string(NDJSON{}.Record(nil, &r, nil)); got != "{\"badges\":[\"\"]}\n" {
		t.Errorf("got %s", got)
	}
}

func FuzzNDJSON(f *testing.F) {
	f.Add("hello Kappa <3", "Ada", "Moderator\x00VIP", int64(4), true)
	f.Add("\x1b\u009b\u2028\u2029\xff\"\\", "“\u2028", "", int64(-1), false)
	f.Fuzz(func(t *testing.T, text, author, badges string, number int64, flag bool) {
		var r record.Record
		r.SetChars(record.Author, chars(strings.ToValidUTF8(author, "\ufffd")))
		r.SetString(record.Text, text)
		r.SetInt(record.Months, number)
		r.SetBool(record.IsBot, flag)
		want := map[string]any{
			"author": strings.ToValidUTF8(author, "\ufffd"), "text": replaced(text),
			"months": json.Number(strconv.FormatInt(number, 10)), "is_bot": flag,
		}
		var titles []any
		for title := range strings.SplitSeq(badges, "\x00") {
			r.Add(record.Badges, record.Chars{Bytes: []byte(title)})
			titles = append(titles, replaced(title))
		}
		want["badges"] = titles

		line := NDJSON{}.Record(nil, &r, nil)
		oneLine(t, line)
		if bytes.ContainsAny(line, "\x7f\u0080\u0085\u009f\u2028\u2029") {
			t.Errorf("left a control character: %q", line)
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		var got map[string]any
		if err := decoder.Decode(&got); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q\nreads back as %q\nwant          %q", line, got, want)
		}
		if value := string(NDJSON{Fields: everyField()}.Record(nil, &r, nil)); value != string(line) {
			t.Errorf("all fields by name: %q, want %q", value, line)
		}
	})
}

// replaced has U+FFFD for each byte that is not UTF-8, as encoding/json does.
func replaced(s string) string { return string([]rune(s)) }

func everyField() []record.Field {
	all := make([]record.Field, record.Count)
	for f := range all {
		all[f] = record.Field(f)
	}
	return all
}

// oneLine checks what every format promises: whole lines without control
// characters of ASCII.
func oneLine(t *testing.T, line []byte) {
	t.Helper()
	body, whole := bytes.CutSuffix(line, []byte{'\n'})
	if !whole || slices.ContainsFunc(body, func(c byte) bool { return c < ' ' || c == 0x7f }) || !utf8.Valid(line) {
		t.Errorf("no clean line: %q", line)
	}
}

// typical is a chat message as most are.
const typical = "event: twitch text"

func typicalRecord(tb testing.TB) *record.Record {
	for _, s := range samples(tb) {
		if s.name == typical {
			r := new(record.Record)
			fill(tb, r, s.line)
			return r
		}
	}
	tb.Fatal("no such sample: " + typical)
	return nil
}

func TestRecordsAreWrittenWithoutAllocation(t *testing.T) {
	r := typicalRecord(t)
	frame := []byte(`{"action":"event"}`)
	writers := map[string]Writer{
		"fields":         NDJSON{Fields: []record.Field{record.Author, record.Text}},
		"text in colour": NewText(TextOptions{Color: true}),
		"wrapped text":   wrapping(40, true),
	}
	for _, f := range Formats {
		writers[f.Name] = f.New(Options{})
	}
	for name, w := range writers {
		dst := w.Record(make([]byte, 0, 4096), r, frame)
		next := func() {
			r.At = r.At.Add(time.Second)
			dst = w.Record(dst[:0], r, frame)
		}
		if n := testing.AllocsPerRun(100, next); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	r := typicalRecord(b)
	frame := bytes.Repeat([]byte("x"), 724)
	for _, c := range []struct {
		name string
		w    Writer
	}{
		{"ndjson", NDJSON{}},
		{"fields", NDJSON{Fields: []record.Field{record.Author, record.Text}}},
		{"raw", Raw{}},
		{"text", NewText(TextOptions{})},
		{"color", NewText(TextOptions{Color: true})},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = c.w.Record(dst[:0], r, frame)
			}
			b.SetBytes(int64(len(dst)))
		})
	}
}
