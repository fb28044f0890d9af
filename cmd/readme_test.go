package cmd

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/docs"
)

// TestREADME runs the transcripts of the README and makes its tables from the
// code; -update writes what comes out into the page.
func TestREADME(t *testing.T) {
	const page = "../README.md"
	was, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	line, err := newCommandLine(new(grammar), Env{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	is, err := docs.Replace(was, map[string]string{
		"commands": docs.CommandTable(line.app.Model),
		"fields":   docs.FieldTable(),
		"flags": docs.FlagTable(line.app.Model, func(flag *kong.Flag) string {
			if twinless[flag.Name] {
				return ""
			}
			return twin(flag)
		}),
		"statuses": docs.StatusTable(statusItems()),
	})
	if err != nil {
		t.Fatal(err)
	}
	is = runConsole(t, is)
	if *update {
		if err := os.WriteFile(page, is, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(was, is) {
		t.Errorf("README.md is behind the code; -update rewrites it:\n%s", firstDifference(string(was), string(is)))
	}
}

// runConsole runs the commands of the page's console blocks and puts what they
// write to stdout below each.
func runConsole(t *testing.T, page []byte) []byte {
	var out strings.Builder
	inBlock, commands := false, 0
	for line := range strings.Lines(string(page)) {
		switch {
		case line == "```console\n":
			inBlock = true
		case inBlock && line == "```\n":
			inBlock = false
		case inBlock && strings.HasPrefix(line, "$ "):
			out.WriteString(line)
			for said := range strings.Lines(runLine(t, line[len("$ "):], "")) {
				if !strings.HasPrefix(said, "2> ") {
					out.WriteString(said)
				}
			}
			commands++
			continue
		case inBlock:
			continue // what the command said when the page was last written
		}
		out.WriteString(line)
	}
	if commands == 0 {
		t.Error("the page has no transcript")
	}
	return []byte(out.String())
}
