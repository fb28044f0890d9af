package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode"
)

// TestREADME runs the transcripts of the README and makes its tables from the
// code; -update writes what comes out into the page.
func TestREADME(t *testing.T) {
	const page = "../README.md"
	was, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	line, err := newCommandLine(newGrammar(everyCommand), Env{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}, new(configuration))
	if err != nil {
		t.Fatal(err)
	}
	is, err := docs.Replace(was, map[string]string{
		"platforms": fold("Restream sends one broadcast to " + decode.ChatPlatforms() + ", and merges their chats into one WebSocket."),
		"commands":  docs.CommandTable(line.app.Model),
		"fields":    docs.FieldTable(),
		"flags": docs.FlagTable(line.app.Model, func(flag *kong.Flag) string {
			if twinless[flag.Name] {
				return ""
			}
			return twin(flag.Name)
		}),
		"statuses":   docs.StatusTable(statusItems()),
		"recipes":    recipeTable(t),
		"superchats": recipe(t, "superchats.sh"),
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

// fold breaks a paragraph into lines of at most 120 characters.
func fold(paragraph string) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(paragraph) {
		if line != "" && len(line)+1+len(word) > 120 {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return strings.Join(append(lines, line), "\n")
}

// recipeTable lists the recipes with the first sentence of each.
func recipeTable(t *testing.T) string {
	files, err := filepath.Glob("../scripts/recipes/*.sh")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recipes: %v", err)
	}
	table := "| recipe | does |\n|---|---|\n"
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		about := strings.TrimPrefix(lines[1], "# ")
		for _, more := range lines[2:] {
			if strings.HasSuffix(about, ".") || more == "#" {
				break
			}
			about += strings.TrimPrefix(more, "#")
		}
		about, _, _ = strings.Cut(about, ". ")
		table += fmt.Sprintf("| `%s` | %s |\n", filepath.Base(file), strings.TrimSuffix(about, "."))
	}
	return table
}

// recipe returns a recipe as a code block.
func recipe(t *testing.T, name string) string {
	text, err := os.ReadFile("../scripts/recipes/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return "```sh\n" + string(text) + "```\n"
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
