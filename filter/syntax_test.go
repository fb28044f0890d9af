package filter

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// mistakes are programs that do not compile.
var mistakes = []struct {
	program string
	file    string
}{
	// The parser's.
	{program: ``},
	{program: `  `},
	{program: `# only a comment`},
	{program: `def f: 1;`},
	{program: "def f: 1;\n\n"},
	{program: `.author |`},
	{program: `.author | | .text`},
	{program: `.author)`},
	{program: `{author`},
	{program: `select(.platform == "twitch"`},
	{program: `if .a then 1`},
	{program: `.author == "me`},
	{program: `.author == "me \" and \(.text) so`},
	{program: `"closed" + "open \( "inner" ) `},
	{program: `.author == "\x"`},
	{program: `.author == "\u12"`},
	{program: `.author 'single'`},
	{program: `.author = = 1`},
	{program: `1.2.3`},
	{program: `12abc`},
	{program: `.[] as $x`},
	{program: `. as x | 1`},
	{program: `$`},
	{program: `@`},
	{program: `"a" "b\(1)"`},
	{program: `.platform "b\(1)"`},
	{program: `try`},
	{program: `reduce .[] as $x`},
	{program: `.a..b`},
	{program: `{a: 1 | 2}, {a b}`},
	{program: `é`},
	{program: `.author == "絵文字" ) | .text`},
	{program: "\t.author\t|\t)"},
	{program: ". | \x00"},
	{program: ". # \x00 \n)"},
	{program: "\xff\xfe.\x00a\x00"},
	{program: "\ufeff.a )"},
	{program: ". | \x1b[31m)"},
	{program: "\"\u202e\" )"},
	{program: "\"👩‍👩‍👧 e\u0301\" )"},
	{program: `.text | test("` + strings.Repeat("a very long pattern ", 8) + `") ) | "` + strings.Repeat("tail ", 20) + `"`},
	{program: strings.Repeat("絵", 60) + ")"},

	// The compiler's, which have no offset.
	{program: `foo`},
	{program: `.text | foo(1; 2) | bar`},
	{program: `"foo" + .foo + {foo: 1}.foo + foo # foo`},
	{program: `(def foo: 1; foo) + foo`},
	{program: `def f(foo): foo; f(1) | foo`},
	{program: `foo(1), (def foo(x): x; foo(1))`},
	{program: `(def foo(x): x; foo(1)), foo, foo`},
	{program: `"\(1 + foo)"`},
	{program: `"\foo \(foo)"`},
	{program: `length(1)`},
	{program: `foo::bar`},
	{program: `input_line_number`},
	{program: `.author == $me`},
	{program: `"$me" + ". as $me" + ($me | . as $me | $me) # $me`},
	{program: `(1 as $me | $me) | $me`},
	{program: `{$me}`},
	{program: `$me::you`},
	{program: `$__loc__`},
	{program: `label $a | break $b`},
	{program: `(label $out | break $out) | break $out`},
	{program: `label $x | $x + (break $x)`},
	{program: `[.text, input]`},
	{program: `def input: 1; input, inputs`},
	{program: `reduce inputs as $x (0; . + 1)`},
	{program: `import "a" as a; a::f`},
	{program: `include "import"; 1`},
	{program: `module {import: 1}; import "a" as $a; .`},
	{program: `@foo`},
	{program: `"@foo @json", @json "@foo \(.x)", @foo "a"`},

	// Several lines, and a file.
	{program: "select(.platform == \"twitch\")\n| {author, text\n| 1"},
	{program: "select(.platform == \"twitch\") |\n  foo\n"},
	{program: "foo\n"},
	{program: "# a comment\r\n.author\r\n| nope\r\n", file: "watch.jq"},
	{program: "foo", file: "watch.jq"},
	{program: strings.Repeat("# comment\n", 120) + ".author | (", file: "dir/long name\x1b.jq"},
	{program: "", file: "empty.jq"},
	{program: "\n\n", file: "empty.jq"},
}

func TestSyntaxErrors(t *testing.T) {
	var b strings.Builder
	for _, m := range mistakes {
		_, err := Compile(m.program, Options{Name: m.file, Args: []Arg{{"you", ""}}})
		failed := (*SyntaxError)(nil)
		if !errors.As(err, &failed) {
			t.Errorf("%q: error %v, want a *SyntaxError", m.program, err)
			continue
		}
		fmt.Fprintf(&b, "=== %s %.200q\n%s\n", m.file, m.program, err)
		checkVisible(t, err.Error())
		if lines := strings.Count(err.Error(), "\n"); lines != 2 {
			t.Errorf("%q: %d lines", m.program, lines+1)
		}
	}
	const golden = "testdata/syntax.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs (go test ./filter -update rewrites it):\n%s", golden, b.String())
	}
}

// checkVisible fails for a text that is not safe for a terminal.
func checkVisible(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && (r < ' ' || 0x7f <= r && r < 0xa0 || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 || r == 0x2028 || r == 0x2029) {
			t.Errorf("%U in %q", r, text)
		}
	}
}

// TestErrorPosition checks line and column, which count characters.
func TestErrorPosition(t *testing.T) {
	tests := []struct {
		program      string
		line, column int
	}{
		{`foo`, 1, 1},
		{`.a | foo`, 1, 6},
		{"\"絵文字\" |\tfoo", 1, 9},
		{"1 |\n\n  foo", 3, 3},
		{"1 |", 1, 4},
		{"1 |\n", 1, 4},
	}
	for _, test := range tests {
		_, err := Compile(test.program, Options{})
		failed := (*SyntaxError)(nil)
		if !errors.As(err, &failed) || failed.Line != test.line || failed.Column != test.column {
			t.Errorf("%q: got %+v, want line %d, column %d", test.program, failed, test.line, test.column)
		}
	}
}

// TestCompileBig compiles programs that are deep, wide, or grow when their
// functions are entered.
func TestCompileBig(t *testing.T) {
	doubling := "def f0: .text, .text;"
	for i := range 60 {
		doubling += fmt.Sprintf("def f%d: f%d, f%d;", i+1, i, i)
	}
	deep := maxCode / 8
	for name, program := range map[string]string{
		"comments and strings": "# " + strings.Repeat("(", maxSource/3) + "\n" + strings.Repeat(" ", maxSource/3) + `"` + strings.Repeat("x", maxSource/4) + `"`,
		"arrays":               strings.Repeat("[", deep) + "1" + strings.Repeat("]", deep),
		"interpolated strings": `"\((1) | "` + strings.Repeat("x", maxCode) + `")` + strings.Repeat("x", maxCode) + `"`,
		"doubling":             doubling + "f60",
		"the longest":          strings.Repeat(" ", maxSource-1) + ".",
	} {
		if _, err := Compile(program, Options{}); err != nil {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	_, err := Compile(strings.Repeat("foo,", 2_000)+"foo", Options{})
	if failed := (*SyntaxError)(nil); !errors.As(err, &failed) || failed.Column != 1 {
		t.Errorf("many mistakes: %.200v", err)
	}
	for name, program := range map[string]string{
		"an open string": `"\`,
		"blanks":         strings.Repeat(" ", maxSource) + ".",
		"code":           strings.Repeat("(", maxCode/2) + "." + strings.Repeat(")", maxCode/2),
		"interpolations": strings.Repeat(`"\(`, maxCode/5) + "." + strings.Repeat(`)"`, maxCode/5),
		"interpolated":   `"\((1)` + strings.Repeat("-", maxCode) + `1)"`,
	} {
		if _, err := Compile(program, Options{}); err == nil {
			t.Errorf("%s: a program that is too long or not complete compiles", name)
		}
	}
}
