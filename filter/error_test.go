package filter

import (
	"strings"
	"testing"

	"github.com/restail/restail/decode/record"
)

// TestErrorsDoNotQuoteRecords runs programs that fail on records with different and
// hostile text. The message is the same for all records and contains none of the text.
func TestErrorsDoNotQuoteRecords(t *testing.T) {
	texts := []string{
		"short",
		`a "quoted" text \ with {"json": [1, 2]} and (parentheses) cannot be applied to: string ("x")`,
		`{"author":"` + strings.Repeat("long ", 20) + `"}`,
		"\x1b[31m\u202e\n\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\",
		strings.Repeat("絵文字", 30),
		`] ...} ...] ..."`,
	}
	tests := []struct{ program, want string }{
		{`.text + 1`, `cannot add: string and number (1)`},
		{`.text + 100000000000000000000000`, `cannot add: string and number (100000000000000000000000)`},
		{`{a: .text} + 1`, `cannot add: object and number (1)`},
		{`[.text, .text] - {a: .text}`, `cannot subtract: array and object`},
		{`.text | tonumber`, `tonumber cannot be applied to string: invalid number`},
		{`.text | startswith(1)`, `startswith(1) cannot be applied to: string`},
		{`.text | startswith(true)`, `startswith(true) cannot be applied to: string`},
		{`"x\(.text)" | fromjson`, `fromjson cannot be applied to string: invalid character looking for beginning of value`},
		{`[.text] | implode`, `implode cannot be applied to: array`},
		{`.[0]`, `expected an array but got: object`},
		{`.text | .[]`, `cannot iterate over: string`},
		{`.text | .a`, `expected an object but got: string`},
		{`{([.text]): 1}`, `expected a string for object key but got: array`},
		{`[.text][.text]`, `expected an object but got: array`},
		{`[.text] | .["x"]`, `expected an object but got: array`},
		{`setpath([0]; .text)`, `setpath(array; string) cannot be applied to object: expected an array but got: object`},
		{`setpath(["text", "b"]; .text)`, `setpath(array; string) cannot be applied to object: expected an object but got: string`},
		{`[[.text]] | @csv`, `@csv cannot format an array including: array`},
		{`(.text | length) / 0`, `cannot divide number by: number (0)`},
		{`(.text | length) % 0`, `cannot modulo number by: number (0)`},
		{`.text * 1e10`, `the result of a multiplication is larger than 1 MiB`},
		{`"\u0001\(.text)" | @base64d`, `@base64d cannot be applied to string: illegal base64 data`},
		{`"%\(.text)" | @urid`, `@urid cannot be applied to string: invalid URL escape string`},
		{`"x\(.text)" | strptime("%Y")`, `strptime("%Y") cannot be applied to string: failed to parse string with "%Y": cannot parse "%Y"`},
		{`-(.text)`, `cannot negate: string`},
		{`. as [$x] | 1`, `expected an array but got: object`},
		{`.text | getpath(["a"])`, `getpath(array) cannot be applied to string: expected an object but got: string`},
		{`[.text] | .[0:"a"]`, `expected a number for indexing an array but got: string ("a")`},
		{`.text | path(length)`, `invalid path against: number`},
		{`.text | gsub(1; "")`, `match(1; "g") cannot be applied to: string`},
		{`.text | test("("; "")`, "invalid regular expression \"(\": error parsing regexp: missing closing ): `(`"},
		{`.text | test("a"; "q")`, `unsupported regular expression flag: "q"`},
		{`.text | test("S"; "gz")`, `unsupported regular expression flag: "gz"`},
		{`.text | gsub("a"; ""; "z")`, `unsupported regular expression flag: "zg"`},
		{`.text | startswith(-1.50)`, `startswith(-1.5) cannot be applied to: string`},
		{`.text | startswith([$n])`, `startswith(array) cannot be applied to: string`},
		{`$n + [.text]`, `cannot add: string ("the argument") and array`},
		{`[.text] + "a literal that gojq cuts, since it is long"`, `cannot add: array and string ("a literal that gojq cuts ...")`},
		{`.text | toboolean`, `toboolean cannot be applied to string: invalid boolean`},
		{`[.text] | .[1e9] = 1`, `an array index is larger than 1,000,000`},
		{`[.text] | .[-9] = 1`, `setpath(array; 1) cannot be applied to array: array index should not be negative: -9`},
		{`[.text] | .[{}]`, `expected "start" and "end" for slicing but got: object ({})`},
		{`123456789012345678901234567890123456789 | .[]`, `cannot iterate over: number`},
		{`null | implode`, `implode cannot be applied to: null`},
		{`true | implode`, `implode cannot be applied to: boolean (true)`},
		{`.text | error(1)`, `1`},
	}
	for _, test := range tests {
		p := compile(t, test.program, Options{Args: []Arg{{"n", "the argument"}}})
		for _, text := range texts {
			r := new(record.Record)
			r.SetString(record.Text, text)
			got := outputs(t, p, r, nil)
			if len(got) != 1 || got[0] != "error: "+test.want {
				t.Errorf("%s\non   %q\n got %q\nwant %q", test.program, text, got, test.want)
			}
		}
	}
}
