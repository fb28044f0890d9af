package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
			if commandLineOnly[flag.Name] {
				return ""
			}
			return envName(flag.Name)
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

// block returns the text of the page's first block of that language.
func block(t *testing.T, page, language string) string {
	t.Helper()
	_, text, _ := strings.Cut(page, "\n```"+language+"\n")
	text, _, found := strings.Cut(text, "\n```\n")
	if !found {
		t.Fatalf("the page has no block of %s", language)
	}
	return text
}

// TestREADMERecordsForMonths reads the unit for systemd and the file for logrotate:
// restail takes the unit's command line, and both are about the same recording. The
// programs that the blocks are for read them where they are installed.
func TestREADMERecordsForMonths(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	unit, rotation := block(t, string(page), "ini"), block(t, string(page), "logrotate")
	_, command, _ := strings.Cut(unit, "\nExecStart=/usr/bin/restail ")
	command, _, _ = strings.Cut(command, "\n")
	g := newGrammar("tail")
	line, err := newCommandLine(g, Env{}, new(configuration))
	if err == nil {
		_, err = line.parse(append([]string{"tail"}, strings.Fields(command)...))
	}
	if err != nil {
		t.Errorf("%s: %v", command, err)
	}
	name, inHome := strings.CutPrefix(g.Tail.Write, "%h/")
	if recorded, _, _ := strings.Cut(rotation, " {\n"); !inHome || recorded != "/home/me/"+name || g.Tail.State == "" {
		t.Errorf("the unit records to %s, logrotate renames %s", g.Tail.Write, recorded)
	}
	for _, word := range []string{"create", "delaycompress", "endscript"} {
		if !strings.Contains(rotation, "\t"+word+"\n") {
			t.Errorf("logrotate does not have %s", word)
		}
	}
	if !strings.Contains(rotation, "reload restail") || !strings.Contains(unit, "\nExecReload=/bin/kill -HUP $MAINPID\n") {
		t.Error("logrotate does not send SIGHUP")
	}
	folder := t.TempDir()
	for file, text := range map[string]string{
		"restail.service": strings.Replace(unit, "/usr/bin/restail", "/bin/true", 1),
		"logrotate.conf":  strings.NewReplacer("/home/me", folder, "su me me", "").Replace(rotation),
	} {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, reader := range [][]string{{"systemd-analyze", "verify", "--user", "restail.service"}, {"logrotate", "-d", "-s", "status", "logrotate.conf"}} {
		command := exec.Command(reader[0], reader[1:]...)
		command.Dir, command.Env = folder, append(os.Environ(), "HOME="+folder, "XDG_RUNTIME_DIR="+folder)
		out, err := command.CombinedOutput()
		if err != nil && !errors.Is(err, exec.ErrNotFound) || bytes.Contains(out, []byte("restail.service:")) || bytes.Contains(out, []byte("error:")) {
			t.Errorf("%v: %v\n%s", reader, err, out)
		}
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
