package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds are documents by the categories of the well-known JSON parsing test
// suites. Whether each is valid is encoding/json's to say, here as everywhere.
var seeds = []string{
	// structure
	``, ` `, `{}`, `[]`, `{"a":1}`, `[1,2]`, `{"a":{"b":[{"c":null}]}}`, `[[],{},[{}]]`,
	`{`, `}`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[,]`, `[1,,2]`, `[1 2]`, `[1}`, `{"a":1]`,
	`{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{"a"::1}`, `{"a":1 "b":2}`, `{1:1}`, `{null:1}`, `{a:1}`, `{'a':1}`,
	`{"a":1,"a":2}`, `{"":0}`, `{"a":[}`, `[{"a":]`, `[{]}`, `{"a":{}`, `[[[[`, `{"a":{"b":{"c":`, `[1,2`, `{"a":1`, `{"a":`, `{"a"`, `{"`,
	`[{"a":1},{"b":2}]`, `[[1],[2],[[3]]]`, `{"x":[1,{"y":[]}],"z":{}}`, `[[]`, `[]]`, `{"a":"b"}}`, `[:]`, `[1:2]`, `{:}`,
	// words
	`null`, `true`, `false`, `nul`, `nulll`, `tru`, `truex`, `True`, `fals`, `NaN`, `Infinity`, `undefined`, `[nul]`, `[tru]`, `[falsy]`, `n`, `[truth]`,
	// numbers
	`0`, `-0`, `-`, `+1`, `01`, `-01`, `00`, `1.`, `.5`, `1.5`, `1.e5`, `1e`, `1e+`, `1e5`, `1E-5`, `1e05`, `0e0`, `0.0`, `1e1000`, `-1e-1000`, `0x10`, `1_000`,
	`9007199254740993`, `123456789012345678901234567890.123456789`, `1.5.5`, `1e5e5`, `--1`, `- 1`, `1a`, `-a`, `[1.]`, `[-]`, `[0.]`, `[0e]`, `1２`, `[1e+ ]`,
	// strings
	`""`, `"a"`, `"`, `"a`, `'a'`, "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\n\"", "\"\t\"", `"12345678"`, `"1234567`, `"12345678901234567890"`, `"<>&"`,
	`"é"`, `"日本語"`, `"😀"`, "\"\u0080\u009f\u00a0\"", "\"\u2028\u2029\"", "\"\ufeff\"",
	"\"\xff\"", "\"\xc3\"", "\"\xc3(\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc0\xaf\"", "\"\xe0\x80\x80\"", "\"abc\x80def\xbf\"", "\"\xf0\x9f\x98\"", "\"\xc2\"",
	"{\"\xff\":1}", "\xff", "[\xff]", "[\"\xff\",\xff]",
	// escapes
	`"\"\\\/\b\f\n\r\t"`, `"\u0041"`, `"\u00e9"`, `"\uD83D\uDE00"`, `"\ud83d\ude00x"`, `"\ud83d"`, `"\ude00"`, `"\ud83d\ud83d\ude00"`, `"\ude00\ud83d"`, `"\ud83dx"`, `"\ud83d\n"`, `"\ud83d\u0041"`,
	`"\ud83d\u"`, `"\ud83d\u12"`, `"\u"`, `"\u1"`, `"\u12"`, `"\u123"`, `"\u123g"`, `"\x41"`, `"\a"`, `"\"`, `"\\"`, `"\\\"`, `"\'"`, `"\U0041"`, `"\u0000"`, `"\u001f\u007f\u0080"`,
	`{"\u0061":1}`, `{"a\"b":1}`, "\"\\\n\"", "\"\\\xff\"", "\"\\u00\xff1\"", `"1234567\n1234567\n"`, "\"\\n\xff\"", `"\uFFFD"`, `"\ufffe"`, `"\`, `"\u00`,
	// white space, byte order mark, what follows
	" {} ", "\t[\n1 ,\r2 ]\n", "\f{}", "\v{}", "\u00a0{}", "{}\x00", "\x00", "\ufeff{}", "{} {}", "{}x", "{}/", "1 1", "[] ,", "{}\n\n", " \"a\" ", "{ \"a\" : 1 , \"b\" : 2 }", "\xef\xbb{}", "//\n{}", "/**/{}", "#{}",
	`[1,2,3]]`, "\x85{}", "\u2028{}", "[1\u00a0]",
}

// nested are documents at the limit of depth and beyond. Only their verdict is
// compared: encoding/json itself builds them with recursion.
func nested(depth int) []string {
	return []string{
		strings.Repeat("[", depth) + strings.Repeat("]", depth),
		strings.Repeat(`{"a":`, depth-1) + "{}" + strings.Repeat("}", depth-1),
		strings.Repeat(`[{"a":`, depth/2) + "0" + strings.Repeat("}]", depth/2),
		strings.Repeat("[", depth),
		`{"skipped":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`,
	}
}

func TestVerdictAndValuesAreThoseOfEncodingJSON(t *testing.T) {
	var s Scanner
	for _, seed := range seeds {
		compare(t, &s, []byte(seed))
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Scanner
		compare(t, &s, data)
	})
}

// compare checks that reading and skipping come to encoding/json's verdict,
// and reading to its values.
func compare(t *testing.T, s *Scanner, data []byte) {
	t.Helper()
	valid := json.Valid(data)
	s.Reset(data, nil)
	s.Skip()
	if err := s.End(); (err == nil) != valid {
		t.Fatalf("%q: skipped with %v, encoding/json says valid: %v", data, err, valid)
	}

	s.Reset(data, nil)
	got := tree(t, s)
	err := s.End()
	if (err == nil) != valid {
		t.Fatalf("%q: read with %v, encoding/json says valid: %v", data, err, valid)
	}
	if err != nil {
		checkError(t, data, err)
		return
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatalf("%q: encoding/json: %v", data, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q:\n got %#v\nwant %#v", data, got, want)
	}
}

// tree reads what comes next as encoding/json reads it into an any.
func tree(t *testing.T, s *Scanner) any {
	switch s.Kind() {
	case Object:
		object := map[string]any{}
		for key, ok := s.Object(); ok; key, ok = s.Member() {
			name := string(key)
			object[name] = tree(t, s)
		}
		return object
	case Array:
		array := []any{}
		for ok := s.Array(); ok; ok = s.Element() {
			array = append(array, tree(t, s))
		}
		return array
	}
	switch v := s.Value(); v.Kind {
	case True, False:
		return v.Kind == True
	case Number:
		return json.Number(v.Bytes(s.data, s.Decoded()))
	case String:
		text := v.Bytes(s.data, s.Decoded())
		checkPlain(t, text, v.Plain())
		return string(text)
	}
	return nil
}

// checkPlain holds the promises of Value about a string.
func checkPlain(t *testing.T, text []byte, plain bool) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Fatalf("%q is not UTF-8", text)
	}
	want := true
	for _, r := range string(text) {
		if r < ' ' || r == '"' || r == '\\' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			want = false
		}
	}
	if plain != want {
		t.Fatalf("%q: Plain is %v", text, plain)
	}
}

func checkError(t *testing.T, data []byte, err error) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("%q: %T, not a SyntaxError", data, err)
	}
	if syntax.Offset < 0 || syntax.Offset > len(data) {
		t.Fatalf("%q: offset %d", data, syntax.Offset)
	}
	for _, r := range err.Error() {
		if r < ' ' || r > '~' {
			t.Fatalf("%q: the error quotes it raw: %q", data, err)
		}
	}
}

func TestDepth(t *testing.T) {
	var s Scanner
	for _, depth := range []int{2, 64, 65, 9_999, MaxDepth, MaxDepth + 1, MaxDepth + 2, 100_000} {
		for _, document := range nested(depth) {
			data := []byte(document)
			want := json.Valid(data)
			s.Reset(data, nil)
			s.Skip()
			if err := s.End(); (err == nil) != want {
				t.Errorf("%.10s… nested %d deep: skipped with %v, encoding/json says valid: %v", data, depth, err, want)
			}
			s.Reset(data, nil)
			for in := true; in; {
				in = stepIn(&s)
			}
			for s.err == nil && s.depth > 0 {
				if s.next() == ']' {
					s.Element()
				} else {
					s.Member()
				}
			}
			if err := s.End(); (err == nil) != want {
				t.Errorf("%.10s… nested %d deep: stepped in with %v, encoding/json says valid: %v", data, depth, err, want)
			}
		}
	}
}

// stepIn steps into the object or array that comes next; anything else it reads.
func stepIn(s *Scanner) bool {
	switch s.Kind() {
	case Array:
		return s.Array()
	case Object:
		_, ok := s.Object()
		return ok
	case Number:
		s.Skip()
	}
	return false
}

// TestWideIsNotDeep checks that the scanner counts the depth, not the brackets: a wide
// document is not taken for a deep one.
func TestWideIsNotDeep(t *testing.T) {
	document := `[` + strings.Repeat(`{"a":[]},[{}],`, 2*MaxDepth) + `0]`
	var s Scanner
	compare(t, &s, []byte(document))
}

// TestStringsAtEveryOffset tries every length and offset of a string against
// the eight-byte steps.
func TestStringsAtEveryOffset(t *testing.T) {
	var s Scanner
	for _, piece := range []string{`\n`, `\"`, `\\`, "\x7f", "\u0085", "é", "😀", "\xff", `\ud83d\ude00`, `\ud83d`, "\x1f", "\n", `"`, `\`, `\u00`, "~", "!", "#", " "} {
		for before := range 19 {
			for after := range 10 {
				compare(t, &s, []byte(`"`+strings.Repeat("a", before)+piece+strings.Repeat("b", after)+`"`))
				compare(t, &s, []byte(`{"`+strings.Repeat("a", before)+piece+`":1}          `))
			}
		}
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{``, "it ends too early at byte 0"},
		{`{"a":1`, "it ends too early at byte 6"},
		{`{"a" 1}`, `'1' after a key at byte 6`},
		{`{"a":1]`, `']' after a value of an object at byte 7`},
		{`{a:1}`, `'a' where a key should be at byte 2`},
		{`[1,]`, `']' where a value should be at byte 4`},
		{`[1}`, `'}' after a value of an array at byte 3`},
		{`[-x]`, `'x' where a digit should be at byte 3`},
		{`[nuLL]`, `a word that is not null at byte 2`},
		{"[\"a\nb\"]", `'\n' in a string at byte 4`},
		{`["\x"]`, `no escape after a backslash at byte 3`},
		{`{} {}`, `'{' after the end at byte 4`},
		{"\xff", `the byte 0xff where a value should be at byte 1`},
		{"\ufeff{}", `'\ufeff' where a value should be at byte 1`},
		{strings.Repeat("[", 10_001), `nested more than 10000 deep at byte 10001`},
	} {
		var s Scanner
		s.Reset([]byte(test.data), nil)
		tree(t, &s)
		if err := s.End(); err == nil || err.Error() != test.want {
			t.Errorf("%.20q: %v, want %s", test.data, err, test.want)
		}
		s.Reset([]byte(test.data), nil)
		s.Skip()
		if err := s.End(); err == nil || err.Error() != test.want {
			t.Errorf("%.20q, skipped: %v, want %s", test.data, err, test.want)
		}
	}
}

func TestNothingComesAfterAnError(t *testing.T) {
	var s Scanner
	s.Reset([]byte(`{"a":!,"b":[1,2],"c":"x"}`), nil)
	s.Object()
	s.Value()
	first := s.End()
	if v := s.Value(); v.Kind != Missing {
		t.Errorf("a value came: %v", v.Kind)
	}
	if key, ok := s.Member(); ok {
		t.Errorf("a member came: %q", key)
	}
	if key, ok := s.Object(); ok {
		t.Errorf("an object came: %q", key)
	}
	if s.Array() || s.Element() {
		t.Error("an array came")
	}
	if err := s.End(); err != first || err == nil {
		t.Errorf("%v, then %v", first, err)
	}
	s.Reset([]byte(`1`), nil)
	if v := s.Value(); v.Kind != Number || s.End() != nil {
		t.Error("the error outlived Reset")
	}
}

// TestStepsIntoOtherKinds checks that a caller that expects another kind skips
// the value.
func TestStepsIntoOtherKinds(t *testing.T) {
	for _, data := range []string{`1`, `"a"`, `null`, `[1,[2]]`, `{"a":{"b":1}}`} {
		var s Scanner
		s.Reset([]byte(data), nil)
		if s.Kind() == Object {
			if s.Array() {
				t.Errorf("%s is no array", data)
			}
		} else if _, ok := s.Object(); ok {
			t.Errorf("%s is no object", data)
		}
		if err := s.End(); err != nil {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func TestKindNames(t *testing.T) {
	for kind, want := range map[Kind]string{Missing: "nothing", Null: "null", False: "false", True: "true", Number: "a number", String: "a string", Object: "an object", Array: "an array"} {
		if kind.String() != want {
			t.Errorf("%d is %q, want %q", kind, kind, want)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	data := []byte(`{"a":"plain","b":"esc\naped","c":[1,{"d":[true,null]}],"e":-1.5e3,"f":"é` + "\xff" + `"}`)
	var s Scanner
	read := func() {
		s.Reset(data, s.Decoded())
		for key, ok := s.Object(); ok; key, ok = s.Member() {
			if string(key) == "c" {
				s.Skip()
			} else {
				s.Value()
			}
		}
		if err := s.End(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, read); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSkip(b *testing.B) {
	text := strings.Repeat("how it goes on and on, ", 6)
	data := []byte(`{"a":"` + text + `","b":[{"c":1,"d":"x"},{"c":2,"d":"` + text + `"}],"e":{"f":true,"g":null}}`)
	b.SetBytes(int64(len(data)))
	var s Scanner
	for b.Loop() {
		s.Reset(data, nil)
		s.Skip()
		if s.End() != nil {
			b.Fatal(io.ErrUnexpectedEOF)
		}
	}
}
