package cmd

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/filter"
)

// TestReference writes cmd/docs/REFERENCE.md from the sections of the manual page;
// -update rewrites it.
func TestReference(t *testing.T) {
	app := wholeModel(t)
	sections := []docs.Section{docs.Commands(app), docs.Flags(app)}
	for _, topic := range topics {
		sections = append(sections, topic.section())
	}
	var page strings.Builder
	page.WriteString("# Reference\n\nThis page is made from the code, and says what the manual page and `restail help TOPIC` say. " +
		"`scripts/update.sh` rewrites it.\n\n")
	for _, s := range sections {
		fmt.Fprintf(&page, "- [%s](#%s)\n", s.Title, strings.ReplaceAll(strings.ToLower(s.Title), " ", "-"))
	}
	for _, s := range sections {
		writeMarkdown(&page, s, "##")
	}
	const path = "docs/REFERENCE.md"
	if *update {
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(was) != page.String() {
		t.Errorf("%s is behind the code; -update rewrites it:\n%s", path, firstDifference(string(was), page.String()))
	}
}

// writeMarkdown writes a section, which is nearly Markdown already.
func writeMarkdown(page *strings.Builder, s docs.Section, level string) {
	fmt.Fprintf(page, "\n%s %s\n", level, s.Title)
	if s.Text != "" {
		page.WriteString("\n" + s.Text + "\n")
	}
	for i, item := range s.Items {
		if i == 0 {
			page.WriteString("\n")
		}
		fmt.Fprintf(page, "- %s: %s\n", item.Term, strings.ReplaceAll(item.Meaning, "\n", "\\\n  "))
	}
	for _, part := range s.Parts {
		writeMarkdown(page, part, level+"#")
	}
}

// part returns a part of a section by the beginning of its title.
func part(t *testing.T, s docs.Section, title string) docs.Section {
	t.Helper()
	for _, p := range s.Parts {
		if strings.HasPrefix(p.Title, title) {
			return p
		}
	}
	t.Fatalf("%s has no part %s", s.Title, title)
	return s
}

// terms returns the terms of a list, without their backquotes.
func terms(s docs.Section) []string {
	var all []string
	for _, item := range s.Items {
		all = append(all, strings.Trim(item.Term, "`"))
	}
	slices.Sort(all)
	return all
}

// The topics explain every reason that a link record can have.
func TestGapsTopicHasEveryReason(t *testing.T) {
	for title, source := range map[string]struct{ files, prefix string }{
		"Reasons of a lost link":     {"session/*.go", "reason"},
		"Reasons of an unfilled gap": {"history/*.go", "Reason"},
	} {
		want := constants(t, source.files, source.prefix)
		if got := terms(part(t, gapsTopic(), title)); !slices.Equal(got, want) || len(got) < 8 {
			t.Errorf("%s are %q, the code has %q", title, got, want)
		}
	}
}

// constants returns the values of the string constants with that prefix.
func constants(t *testing.T, files, prefix string) []string {
	paths, err := filepath.Glob(files)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
			return true
		})
	}
	slices.Sort(values)
	return values
}

// Every filter that the topic shows compiles, and so does what it says to be
// there; what it says to be missing does not.
func TestFiltersTopic(t *testing.T) {
	args := []filter.Arg{{Name: "who", Value: "ada"}}
	compiles := func(program string) bool {
		_, err := filter.Compile(program, filter.Options{Args: args})
		return err == nil
	}
	for _, program := range terms(part(t, filtersTopic(), "Examples")) {
		if !compiles(program) {
			t.Errorf("%s does not compile", program)
		}
	}
	for _, program := range []string{
		"debug", "stderr", "halt", "halt_error", "halt_error(3)", "env", "$ENV", "$raw", "now", `.time | fromdate | localtime`, `.text | strftime("%H")`,
	} {
		if !compiles(program) {
			t.Errorf("%s does not compile", program)
		}
	}
	for _, program := range []string{
		"input", "inputs", "keys_unsorted", "input_filename", "input_line_number", "$__loc__", "$__prog_args", "get_search_list",
		"@base32", "@base32d", "ascii", "toarray", `import "a" as a; .`, `include "a"; .`,
	} {
		if compiles(program) {
			t.Errorf("%s compiles", program)
		}
	}
	for program, want := range map[string]string{
		`{text, author} | tojson`:                       `{"author":"Ada","text":"übel"}`,
		`.text | test("\\bübel\\b") | tostring`:         "false",
		`.text | test("\\p{L}+") | tostring`:            "true",
		`"abc"[1]`:                                      "b",
		`9007199254740993 * 3 | tostring`:               "27021597764222979",
		`"a\nb" | test("a.b"; "m") | tostring`:          "true",
		`try ("a" | test("a"; "x")) catch "refused"`:    "refused",
		`try ("a" | test("(?=a)")) catch "look-around"`: "look-around",
	} {
		const input = `{"time":"2026-03-14T19:00:00Z","action":"event","author":"Ada","text":"übel"}` + "\n"
		got := restailOn(t, input, "replay", "-q", "-o", "text", "-f", program)
		if got != (result{statusDone, want + "\n", ""}) {
			t.Errorf("%s gives %+v, want %q", program, got, want)
		}
	}
}

// restail help TOPIC prints each topic, and the manual page contains it.
func TestHelpOfTopics(t *testing.T) {
	man := said(t, nil, "man")
	for _, topic := range topics {
		text := said(t, []string{"XDG_CONFIG_HOME=testdata/config/syntax-error", "COLUMNS=60"}, "help", topic.name)
		s := topic.section()
		if !strings.HasPrefix(text, s.Title+":\n") {
			t.Errorf("restail help %s begins with %.60q", topic.name, text)
		}
		for _, p := range s.Parts {
			if !strings.Contains(text, "\n"+p.Title+":\n") || !strings.Contains(man, "\n.SS \""+strings.ReplaceAll(p.Title, "-", `\-`)+"\"\n") {
				t.Errorf("restail help %s or the manual page has no part %q", topic.name, p.Title)
			}
		}
		if !strings.Contains(man, "\n.SH \""+strings.ToUpper(s.Title)+"\"\n") {
			t.Errorf("the manual page has no section %q", s.Title)
		}
		for line := range strings.Lines(text) {
			if n := len([]rune(line)); n > 61 && len(strings.Fields(line)) > 1 || strings.ContainsAny(line, "`\t") {
				t.Errorf("restail help %s: %q", topic.name, line)
			}
		}
		if nearest(topic.name, commandNames(t)) != "" {
			t.Errorf("topic %s is like a command", topic.name)
		}
	}
	for _, command := range commandNames(t) {
		if topic := nearest(command, topicNames()); topic != "" {
			t.Errorf("command %s is like topic %s", command, topic)
		}
	}
	want := "commands," + strings.Join(topicNames(), ",")
	for _, command := range wholeModel(t).Children {
		if command.Name == "help" && command.Positional[0].Tag.Get("words") != want {
			t.Errorf("completion of help has not the words %s", want)
		}
	}
}

func commandNames(t *testing.T) []string {
	var names []string
	for _, command := range wholeModel(t).Children {
		names = append(names, command.Name)
	}
	return names
}
