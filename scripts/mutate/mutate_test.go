package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestMutants checks which changes are tried in a file.
func TestMutants(t *testing.T) {
	const source = `package p

import "fmt"

func f(a int) bool {
	b := a + 1
	b = 0x10
	for a < b {
		if a == 7 && true {
			break
		}
		fmt.Println("1")
		a++
	}
	return false
}
`
	want := []string{
		`6: "+" -> "-"`, `6: "1" -> "2"`, `7: "b = 0x10" -> ""`, `7: "0x10" -> "17"`, `8: "<" -> "<="`,
		`9: "a == 7 && true" -> "!(a == 7 && true)"`, `9: "&&" -> "||"`, `9: "==" -> "!="`, `9: "7" -> "8"`, `9: "true" -> "false"`,
		`10: "break" -> "continue"`, `12: "fmt.Println(\"1\")" -> ""`, `13: "a++" -> ""`, `15: "false" -> "true"`,
	}
	name := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(name, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	found, err := mutantsOf(name)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		got = append(got, fmt.Sprintf("%d: %q -> %q", m.line, source[m.from:m.to], m.text))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestVerdicts tries changes in a module of its own.
func TestVerdicts(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/m\n\ngo 1.24\n",
		"p/p.go":      "package p\n\nfunc F(a, b int) int { return a + b - b }\n",
		"p/p_test.go": "package p\n\nimport \"testing\"\n\nfunc Test(t *testing.T) {\n\tif F(1, 0) != 1 || F(2, 0) != 2 {\n\t\tt.Fail()\n\t}\n}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(root, "p/p.go")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := len("package p\n\nfunc F(a, b int) int { return ")
	for _, test := range []struct {
		from, to int
		text     string
		want     verdict
	}{
		{at, at + 1, "b", killed}, {at + 2, at + 3, "-", survived}, {at, at + 1, "c", invalid},
	} {
		m := mutant{file, 3, test.from, test.to, test.text}
		if got, err := m.try(root, "p"); got != test.want || err != nil {
			t.Errorf("%+v: %v, %v", m, got, err)
		}
		if after, _ := os.ReadFile(file); string(after) != string(before) {
			t.Fatalf("%+v: left %s", m, after)
		}
	}
}
