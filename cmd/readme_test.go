package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode"
)

// TestREADME runs the transcripts of the README and makes its tables from the
// code; -update writes what comes out into the page. readme_unix_test.go runs its
// shell blocks.
func TestREADME(t *testing.T) {
	t.Parallel()
	const page = "../README.md"
	was, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	is := was
	for name, text := range map[string]string{
		"platforms":  fold("Restream sends one broadcast to " + decode.ChatPlatforms() + ", and merges their chats into one WebSocket."),
		"commands":   commandTable(t),
		"recipes":    recipeTable(t),
		"superchats": recipe(t, "superchats.sh"),
	} {
		is = fill(t, is, name, text)
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

// fill replaces the text between the lines <!-- name --> and <!-- /name -->.
func fill(t *testing.T, page []byte, name, text string) []byte {
	t.Helper()
	open, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	head, rest, found := bytes.Cut(page, []byte(open))
	_, tail, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed || bytes.Contains(tail, []byte(open)) {
		t.Fatalf("the page does not have %s…%s once", open, end)
	}
	return bytes.Join([][]byte{head, []byte(open), []byte(strings.TrimRight(text, "\n") + "\n"), []byte(end), tail}, nil)
}

// commandTable lists the commands with the first line of each.
func commandTable(t *testing.T) string {
	table := "| command | does |\n|---|---|\n"
	for _, item := range docs.Commands(wholeModel(t)).Items {
		does, _, _ := strings.Cut(item.Meaning, "\n")
		form := strings.NewReplacer("`", "", "*", "", "|", `\|`).Replace(item.Term)
		table += "| `restail " + form + "` | " + does + " |\n"
	}
	return table
}

// blocks returns the page's blocks whose info string is that.
func blocks(page, info string) []string {
	var all []string
	for {
		_, rest, found := strings.Cut(page, "\n```"+info+"\n")
		if !found {
			return all
		}
		text, tail, _ := strings.Cut(rest, "\n```\n")
		all, page = append(all, text+"\n"), "\n"+tail
	}
}

// TestREADMERecordsForMonths reads the units for systemd and the file for logrotate:
// restail takes the command lines of the units, and logrotate sends the signal
// that the unit knows. The programs that the blocks are for read them where they
// are installed.
func TestREADMERecordsForMonths(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	units, rotation := blocks(string(page), "ini"), blocks(string(page), "logrotate")
	if len(units) != 2 || len(rotation) != 1 {
		t.Fatalf("the page has %d units and %d files for logrotate", len(units), len(rotation))
	}
	folder := t.TempDir()
	written := map[string]string{"logrotate.conf": strings.NewReplacer("/home/me", folder, "su me me", "").Replace(rotation[0])}
	for i, unit := range units {
		_, command, _ := strings.Cut(unit, "\nExecStart=")
		command, _, _ = strings.Cut(command, "\n")
		program, flags, _ := strings.Cut(command, " ")
		g, err := parsed(t, nil, strings.Fields(strings.ReplaceAll(flags, "%%", "%"))...)
		if err != nil || g.Tail.Write != "%h/chat/%Y/%F.raw.gz" || g.Tail.State == "" {
			t.Errorf("%s: it records to %s: %v", command, g.Tail.Write, err)
		}
		written[fmt.Sprintf("restail%d.service", i)] = strings.Replace(unit, program, "/bin/true", 1)
	}
	for _, word := range []string{"create", "delaycompress", "endscript"} {
		if !strings.Contains(rotation[0], "\t"+word+"\n") {
			t.Errorf("logrotate does not have %s", word)
		}
	}
	if !strings.Contains(rotation[0], "reload restail") || !strings.Contains(units[0], "\nExecReload=/bin/kill -HUP $MAINPID\n") {
		t.Error("logrotate does not send SIGHUP")
	}
	for file, text := range written {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, reader := range [][]string{
		{"systemd-analyze", "verify", "--user", "restail0.service", "restail1.service"},
		{"logrotate", "-d", "-s", "status", "logrotate.conf"},
	} {
		command := exec.Command(reader[0], reader[1:]...)
		command.Dir, command.Env = folder, append(os.Environ(), "HOME="+folder, "XDG_RUNTIME_DIR="+folder)
		out, err := command.CombinedOutput()
		if err != nil && !errors.Is(err, exec.ErrNotFound) || bytes.Contains(out, []byte(".service:")) || bytes.Contains(out, []byte("error:")) {
			t.Errorf("%v: %v\n%s", reader, err, out)
		}
	}
}

// TestREADMENamesFiles: every file and folder of the project that the page names
// exists, and so do the targets of its links.
func TestREADMENamesFiles(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:cmd|decode|format|filter|scripts)(?:/[\\w./]*)?)`|\\]\\(([^):]+)\\)").FindAllSubmatch(page, -1)
	for _, name := range names {
		path := cmp.Or(string(name[1]), string(name[2]))
		if strings.Contains(path, "NAME") {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", path)); err != nil {
			t.Error(err)
		}
	}
	if len(names) < 20 {
		t.Errorf("only %d names found", len(names))
	}
}

// TestREADMENamesDependencies: the page says why there is each of the modules.
func TestREADMENamesDependencies(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n| dependency | why | licence |\n|---|---|---|\n")
	var want, got []string
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllSubmatch(modules, -1) {
		name, _, _ := strings.Cut(string(m[1]), "/v6")
		want = append(want, strings.TrimPrefix(name, "github.com/"))
	}
	for _, m := range regexp.MustCompile(`(?m)^\| \[([^]]+)\]\(\S+\) \| .+ \| \S+ \|$`).FindAllStringSubmatch(table, -1) {
		got = append(got, m[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the page has\n%s\nand go.mod\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
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
