package filter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/itchyny/gojq"

	"github.com/restail/restail/decode/record"
)

// outputs runs a program on one record. The record itself is shown as
// "record", an error as errorLine shows it, anything else as JSON.
func outputs(t testing.TB, p *Program, r *record.Record, frame []byte) []string {
	t.Helper()
	return outputsUntil(t, context.Background(), p, r, frame)
}

func outputsUntil(t testing.TB, ctx context.Context, p *Program, r *record.Record, frame []byte) []string {
	t.Helper()
	var lines []string
	err := p.Run(ctx, r, frame, func(o Output) error {
		switch {
		case o.Record && o.Value != nil:
			t.Errorf("a record with the value %v", o.Value)
		case o.Record:
			lines = append(lines, "record")
		case o.Value == nil || o.Value == false:
			t.Errorf("the output %v was not dropped", o.Value)
		default:
			text, err := gojq.Marshal(o.Value)
			if err != nil {
				t.Error(err)
			}
			lines = append(lines, string(text))
		}
		return nil
	})
	if err != nil {
		lines = append(lines, errorLine(t, err))
	}
	return lines
}

// errorLine shows an error of Run.
func errorLine(t testing.TB, err error) string {
	t.Helper()
	failed, halt := (*Error)(nil), (*HaltError)(nil)
	switch {
	case errors.As(err, &failed):
		return "error: " + failed.Message
	case errors.As(err, &halt):
		return fmt.Sprintf("halt %d: %s", halt.Status, halt.Message)
	case err != context.Canceled:
		t.Errorf("unexpected error %v", err)
	}
	return "cancelled"
}

func compile(t testing.TB, program string, o Options) *Program {
	t.Helper()
	p, err := Compile(program, o)
	if err != nil {
		t.Fatalf("%s\n%v", program, err)
	}
	return p
}

func TestRun(t *testing.T) {
	options := Options{
		Args:    []Arg{{"who", "Some Viewer"}, {"_2", "two\xff"}},
		Environ: []string{"HOME=/home/me", "ODD", "RATE=5=6", "=C:=", "BAD=\xff"},
	}
	tests := []struct {
		program string
		want    []string
	}{
		// Outputs.
		{`true`, []string{"record"}},
		{`false`, nil},
		{`null`, nil},
		{`empty`, nil},
		{`.`, []string{"record"}},
		{`., .`, []string{"record", "record"}},
		{`true, false, null, 1, ""`, []string{"record", "1", `""`}},
		{`0`, []string{"0"}},
		{`[]`, []string{"[]"}},
		{`{}`, []string{"{}"}},
		{`"true"`, []string{`"true"`}},
		{`[null]`, []string{"[null]"}},
		{`{a: null}`, []string{`{"a":null}`}},

		// The record.
		{`.author`, []string{`"Some Viewer"`}},
		{`.nothing`, nil},
		{`.source_id, .user_id`, []string{"2", "9209300"}},
		{`.is_bot == false`, []string{"record"}},
		{`.is_bot`, nil},
		{`.is_subscriber`, []string{"record"}},
		{`.badges, .emotes[0]`, []string{`["Subscriber"]`, `"Kappa"`}},
		{`has("text"), has("image")`, []string{"record"}},
		{`keys | length`, []string{"21"}},
		{`.time | fromdate`, []string{"1782907205"}},
		{`[.[] | strings] | length`, []string{"14"}},
		{`{platform, text: .text[:5]}`, []string{`{"platform":"twitch","text":"hello"}`}},
		{`. as {author: $a, platform: $p} | "\($a)@\($p)"`, []string{`"Some Viewer@twitch"`}},
		{`del(.author_avatar) == .`, []string{"record"}},
		{`with_entries(select(.key == "author"))`, []string{`{"author":"Some Viewer"}`}},
		{`.text |= ascii_upcase | .text[:5]`, []string{`"HELLO"`}},
		{`to_entries[0].key`, []string{`"action"`}},

		// The unchanged record is recognized.
		{`select(.platform == "twitch")`, []string{"record"}},
		{`select(.platform == "kick")`, nil},
		{`. as $r | .author | $r`, []string{"record"}},
		{`if .is_bot then empty else . end`, []string{"record"}},
		{`.image // .`, []string{"record"}},
		{`try error("x") catch .`, []string{`"x"`}},
		{`first(., .)`, []string{"record"}},
		{`del(.image)`, []string{"record"}},
		{`. + {}`, []string{"record"}},
		{`reduce .emotes[] as $e (.; .)`, []string{"record"}},
		{`label $f | ., break $f, .`, []string{"record"}},
		{`def test: 1; def split: 2; test, split`, []string{"1", "2"}}, // no regular expressions
		{`[.][0]`, []string{"record"}},
		{`{r: .} | .r.author`, []string{`"Some Viewer"`}},

		// Errors and other ends.
		{`1, error("no"), 2`, []string{"1", "error: no"}},
		{`1, halt, 2`, []string{"1", "halt 0: "}},
		{`1, ("bye" | halt_error), 2`, []string{"1", "halt 5: bye"}},
		{`1, ({a: 1} | halt_error(3)), 2`, []string{"1", `halt 3: {"a":1}`}},
		{`try halt catch 1`, []string{"halt 0: "}},
		{`null | halt_error`, []string{"halt 5: "}},
		{`false | halt_error`, []string{"halt 5: false"}},
		{`"a\u001b[31m\r\nb\n\r\n" | halt_error`, []string{`halt 5: a\x1b[31m\r\nb`}},
		{`1 | halt_error(256), 2`, []string{"halt 0: 1"}},
		{`1 | halt_error(-1)`, []string{"halt 255: 1"}},
		{`1 | halt_error(300.9)`, []string{"halt 44: 1"}},
		{`1 | halt_error("x")`, []string{`error: halt_error cannot be applied to: string ("x")`}},
		{`"x" * 10000 | halt_error`, []string{"halt 5: " + strings.Repeat("x", 4096) + "…"}},
		{`last(limit(100; 1 | recurse([., .]))) | halt_error`, []string{"halt 5: a value that is too large to show"}},
		{`error(null)`, []string{"error: error(null)"}},
		{`error({a: 1})`, []string{`error: {"a":1}`}},
		{`try error(null) catch .`, nil},
		{`[limit(3; repeat(1))]`, []string{"[1,1,1]"}},
		{`limit(2; 1, 2, error("never"))`, []string{"1", "2"}},
		{`first(range(10; infinite))`, []string{"10"}},
		{`label $out | 1, break $out, 2`, []string{"1"}},
		{`.text | tonumber`, []string{"error: tonumber cannot be applied to string: invalid number"}},
		{`error("a\nb\u001b[31m\u202e")`, []string{`error: a\nb\x1b[31m\u202e`}},
		{`error("x" * 1000)`, []string{"error: " + strings.Repeat("x", 200) + "…"}},

		{`.author, (1 < (label $out | .))`, []string{`"Some Viewer"`, "error: gojq failed: env.index"}},

		// Variables.
		{`$who == .author`, []string{"record"}},
		{`$_2`, []string{`"two�"`}},
		{`$ENV.HOME, env.RATE, $ENV.ODD, ($ENV | keys)`, []string{`"/home/me"`, `"5=6"`, `["BAD","HOME","RATE"]`}},
		{`$ENV.BAD`, []string{`"�"`}},
		{`def f($who): $who; f(1), $who`, []string{"1", `"Some Viewer"`}},
		{`$raw.action, $raw.payload.userId`, []string{`"event"`, "9007199254740993"}},
		{`$raw.payload.userId + 1`, []string{"9007199254740994"}},
		{`select(.platform == "kick") | $raw`, nil},
		{`{$raw} | keys`, []string{`["raw"]`}},
		{`. as $raw | $raw`, []string{"record"}},
		{`def f($raw): $raw; f(3), $raw.action`, []string{"3", `"event"`}},
		{`[1, 2] as [$raw] | $raw`, []string{"1"}},
		{`{raw: 1} as {$raw} | $raw`, []string{"1"}},
		{`"$raw"`, []string{`"$raw"`}},
		{`now > 1700000000`, []string{"record"}},

		// Without effect, or not available.
		{`debug | .author`, []string{`"Some Viewer"`}},
		{`debug("x", .author) | .platform`, []string{`"twitch"`}},
		{`.author | stderr`, []string{`"Some Viewer"`}},
		{`"a" | modulemeta`, []string{`error: cannot load module: "a"`}},

		{`[builtins[] | select(contains("raw"), contains(" "))]`, []string{"[]"}},

		// Nothing of an earlier record remains.
		{`[.text, .author] | join(" ") | test("hello .* viewer$"; "i")`, []string{"record"}},
	}
	for _, test := range tests {
		p := compile(t, test.program, options)
		for range 3 {
			got := outputs(t, p, typical("twitch"), oneFrame)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s\n got %q\nwant %q", test.program, got, test.want)
				break
			}
		}
	}
}

// TestRunSequence runs one program on different records: an error, a halt or a
// cancelled run does not affect the next.
func TestRunSequence(t *testing.T) {
	p := compile(t, `if .platform == "kick" then 1, error("kick")
		elif .platform == "x" then 2, halt
		elif .platform == "dlive" then def f: f; f
		else .platform, .author, $raw.action end`, Options{})
	want := map[string][]string{
		"twitch":  {`"twitch"`, `"Some Viewer"`, `"event"`},
		"youtube": {`"youtube"`, `"Some Viewer"`, `"event"`},
		"kick":    {"1", "error: kick"},
		"x":       {"2", "halt 0: "},
	}
	for _, platform := range []string{"twitch", "kick", "kick", "twitch", "x", "youtube", "x", "kick", "dlive", "twitch", "youtube"} {
		if platform == "dlive" {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if err := p.Run(ctx, typical(platform), oneFrame, nil); err != context.Canceled {
				t.Errorf("a cancelled run ended with %v", err)
			}
			continue
		}
		if got := outputs(t, p, typical(platform), oneFrame); !reflect.DeepEqual(got, want[platform]) {
			t.Errorf("%s: got %q, want %q", platform, got, want[platform])
		}
	}
}

// TestRunEmitError stops in the middle of a record's outputs.
func TestRunEmitError(t *testing.T) {
	p := compile(t, `1, 2, .platform`, Options{})
	full := errors.New("full")
	for _, limit := range []int{1, 2, 3, 4} {
		var got []any
		err := p.Run(context.Background(), typical("twitch"), nil, func(o Output) error {
			got = append(got, o.Value)
			if len(got) == limit {
				return full
			}
			return nil
		})
		want := []any{1, 2, "twitch"}[:min(limit, 3)]
		if !reflect.DeepEqual(got, want) {
			t.Errorf("limit %d: got %v, want %v", limit, got, want)
		}
		if stopped := errors.Is(err, full); stopped != (limit <= 3) {
			t.Errorf("limit %d: error %v", limit, err)
		}
	}
}

// TestRunTypes checks the Go types of the outputs, which format relies on.
func TestRunTypes(t *testing.T) {
	r := typical("twitch")
	r.SetNumber(record.GapSeconds, []byte("4.20"))
	r.SetNumber(record.Months, []byte("9007199254740993"))
	r.SetNumber(record.GiftCount, []byte("123456789012345678901234567890"))
	r.SetNumber(record.Tier, []byte("-0"))
	big30, _ := new(big.Int).SetString("123456789012345678901234567891", 10)
	tests := []struct {
		program string
		want    any
	}{
		{`.author`, "Some Viewer"},
		{`.user_id`, 9209300},
		{`.months | tostring`, "9007199254740993"},
		{`.gap_seconds`, json.Number("4.20")},
		{`.gap_seconds + 1`, 5.2},
		{`.gift_count`, json.Number("123456789012345678901234567890")},
		{`.gift_count + 1`, big30},
		{`.tier`, json.Number("-0")},
		{`.badges`, []any{"Subscriber"}},
		{`{author, image}`, map[string]any{"author": "Some Viewer", "image": nil}},
		{`[nan | isnan]`, []any{true}},
		{`$raw.payload.userId`, json.Number("9007199254740993")},
	}
	for _, test := range tests {
		p := compile(t, test.program, Options{})
		err := p.Run(context.Background(), r, oneFrame, func(o Output) error {
			if !reflect.DeepEqual(o.Value, test.want) {
				t.Errorf("%s: got %T %v, want %T %v", test.program, o.Value, o.Value, test.want, test.want)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", test.program, err)
		}
	}
}

// TestRunKeepsNothing overwrites a record's bytes after the run.
func TestRunKeepsNothing(t *testing.T) {
	p := compile(t, `"\(.author) \(.channel) \(.badges[0]) \(.user_id) \($raw.payload.a)" | ltrimstr("x")`, Options{})
	buffer := make([]byte, 3)
	r := new(record.Record)
	var got []string
	for _, text := range []string{"aaa", "bbb", "aaa", "ccc"} {
		copy(buffer, text)
		digits := []byte(strings.Map(func(r rune) rune { return r - 'a' + '1' }, text))
		r.Reset()
		r.SetChars(record.Author, record.Chars{Bytes: buffer})
		r.SetChars(record.Channel, record.Chars{Bytes: buffer})
		r.SetNumber(record.UserID, digits)
		r.Add(record.Badges, record.Chars{Bytes: buffer})
		frame := fmt.Appendf(nil, `{"payload":{"a":%q}}`, text)
		err := p.Run(context.Background(), r, frame, func(o Output) error {
			got = append(got, o.Value.(string))
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		clear(buffer)
		clear(digits)
		clear(frame)
	}
	want := []string{"aaa aaa aaa 111 aaa", "bbb bbb bbb 222 bbb", "aaa aaa aaa 111 aaa", "ccc ccc ccc 333 ccc"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRunRaw checks $raw without a frame, and with one that cannot be decoded. A
// program that does not evaluate $raw does not notice that.
func TestRunRaw(t *testing.T) {
	p := compile(t, `[$raw], ($raw | type)`, Options{})
	tests := []struct {
		frame string
		want  []string
	}{
		{`{"b":1.50,"a":[1e400,"\u00e9<"]}`, []string{`[{"a":[1e400,"é<"],"b":1.50}]`, `"object"`}},
		{"", []string{"[null]", `"null"`}},
	}
	for _, test := range tests {
		var frame []byte
		if test.frame != "" {
			frame = []byte(test.frame)
		}
		if got := outputs(t, p, typical("twitch"), frame); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.frame, got, test.want)
		}
	}
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	got := outputs(t, p, typical("twitch"), []byte(`{"a":`+deep+`}`))
	if len(got) != 1 || !strings.HasPrefix(got[0], "error: $raw: ") {
		t.Errorf("too deep for the standard library: %.200q", got)
	}
	p = compile(t, `select(.action == "none" and $raw), 1`, Options{})
	if got := outputs(t, p, typical("twitch"), []byte(`{"a":`+deep+`}`)); !reflect.DeepEqual(got, []string{"1"}) {
		t.Errorf("$raw is not evaluated: %.200q", got)
	}
}

func TestDebug(t *testing.T) {
	var got []string
	huge := `(last(limit(100; 1 | recurse([., .]))) | debug, stderr)`
	p := compile(t, `debug, debug(.author), (.platform | stderr), `+huge+` | empty`, Options{
		Debug: func(message string) { got = append(got, message) },
	})
	r := new(record.Record)
	r.SetPlain(record.Author, "Some\nViewer")
	r.SetPlain(record.Platform, "x")
	outputs(t, p, r, nil)
	want := []string{`{"author":"Some\nViewer","platform":"x"}`, `"Some\nViewer"`, `"x"`, tooLarge, tooLarge}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestArgNames(t *testing.T) {
	tests := []struct {
		args []Arg
		want string
	}{
		{[]Arg{{"a", "1"}, {"B_2", "2"}, {"_", "3"}, {"if", "4"}, {"azAZ09", "5"}}, ""},
		{[]Arg{{"", "1"}}, `invalid variable name "": want letters, digits and _, and no digit first`},
		{[]Arg{{"1a", "1"}}, `invalid variable name "1a": want letters, digits and _, and no digit first`},
		{[]Arg{{"$a", "1"}}, `invalid variable name "$a": want letters, digits and _, and no digit first`},
		{[]Arg{{"a-b", "1"}}, `invalid variable name "a-b": want letters, digits and _, and no digit first`},
		{[]Arg{{"é\x1b", "1"}}, `invalid variable name "é\x1b": want letters, digits and _, and no digit first`},
		{[]Arg{{"raw", "1"}}, `$raw is predefined: choose another name`},
		{[]Arg{{"ENV", "1"}}, `$ENV is predefined: choose another name`},
		{[]Arg{{"a", "1"}, {"a", "2"}}, `$a is bound twice`},
	}
	for _, test := range tests {
		_, err := Compile(".", Options{Args: test.args})
		if got := fmt.Sprint(err); got != test.want && !(err == nil && test.want == "") {
			t.Errorf("%v: got %q, want %q", test.args, got, test.want)
		}
	}
}
