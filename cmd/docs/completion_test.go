package docs_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

var shells = []string{"bash", "zsh", "fish"}

// script writes the completion script of the grammar to a file.
func script(t *testing.T, grammar any, shell string) (path, text string) {
	t.Helper()
	var out bytes.Buffer
	if err := docs.Completion(&out, parser(t, grammar, &bytes.Buffer{}).Model, shell); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "birds."+shell)
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path, out.String()
}

// run runs a program in the folder and returns what it said.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			path, text := script(t, &birds{}, shell)
			golden(t, "completion."+shell, text)
			if program := find(t, shell); program != "" {
				if said := run(t, t.TempDir(), program, "-n", path); said != "" {
					t.Errorf("%s -n: %s", shell, said)
				}
			}
		})
	}
}

func TestCompletionOfNoShell(t *testing.T) {
	err := docs.Completion(io.Discard, model(t), "tcsh")
	if err == nil || err.Error() != `unknown shell "tcsh": want bash, zsh or fish` {
		t.Error(err)
	}
}

// A completion is what Tab offers behind a command line. Its words stand as
// bash splits them, with = alone.
type completion struct{ line, want string }

var completions = []completion{
	{"birds ", "watch play shell help nest"},
	{"birds pl", "play"},
	{"birds --f", "--format --filter --filter-file"},
	{"birds watch --no", "--no-reconnect"},
	{"birds -o ", "json text"},
	{"birds --format t", "text"},
	{"birds shell --format ", "long short"},
	{"birds -q -o j", "json"},
	{"birds --time u", "utc"},
	{"birds -a ev", "event"},
	{"birds -a event,li", "event,link"},
	{"birds -a link,heartbeat,event,relay_", "link,heartbeat,event,relay_accepted link,heartbeat,event,relay_confirmed link,heartbeat,event,relay_failed"},
	{"birds --action relay_failed,relay_", "relay_failed,relay_accepted relay_failed,relay_confirmed"},
	{"birds play --platform twitch,youtube,x,d", "twitch,youtube,x,dlive twitch,youtube,x,discord"},
	{"birds --wait ", ""},
	{"birds --arg a", ""},
	{"birds --filter-file rec", "recording"},
	{"birds play rec", "recording"},
	{"birds play -q -o text rec", "recording"},
	{"birds shell ", "bash zsh"},
	{"birds help ", "watch play shell help nest nesting"},
	{"birds help s", "shell"},
	{"birds nonsense ", ""},
	{"birds nest --v", "--version"},
}

func TestBash(t *testing.T) {
	bash := find(t, "bash")
	if bash == "" {
		return
	}
	path, _ := script(t, &birds{}, "bash")
	tests := append([]completion{
		{"birds --format = t", "text"},
		{"birds --format =", "json text"},
		{"birds --format=t", "text"}, // as bash 3.2 splits
		{"birds --platform=twitch,y", "twitch,youtube"},
		{"birds play --filter-file=rec", "recording"},
		{"birds play --time = %H : %M rec", "recording"},
		{"birds --arg a = b", ""},
		{"birds --arg a = b -o ", "json text"},
		{"birds -a event,ev", ""},
		{"birds play recording rec", "recording"},
		{"birds shell bash recording rec", ""},
		{"birds play -- -", ""},
		{"birds play -- rec", "recording"},
		{"birds nest ", "-h --help --version"},
		{"birds -q -q --no", "--no-reconnect"},
	}, completions...)
	var commands strings.Builder
	commands.WriteString("set -u\nsource \"$1\"\nshift\n" +
		"offer() { COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _birds; echo \"${COMPREPLY[*]-}\"; }\n")
	for _, test := range tests {
		commands.WriteString("offer '" + strings.Join(strings.Split(test.line, " "), "' '") + "'\n")
	}
	// The settings of a user, and how bash asks for a list to show.
	commands.WriteString("COMP_WORDBREAKS=; offer birds --format=t; offer birds --platform=twitch,y; offer birds --filter-file=rec\n" +
		"COMP_TYPE=63; offer birds -a event,li\nIFS=,; offer birds -o ''\ncomplete -p birds\n")
	tests = append(tests,
		completion{"--format=t without a break at =", "--format=text"},
		completion{"--platform=twitch,y without a break at =", "--platform=twitch,youtube"},
		completion{"--filter-file=rec without a break at =", "--filter-file=recording"},
		completion{"-a event,li to be shown", "link"},
		completion{"-o with another IFS", "json,text"},
		completion{"complete -p", "complete -F _birds birds"},
	)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "recording"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	said := run(t, dir, bash, "--norc", "--noprofile", "-c", commands.String(), "bash", path)
	lines := strings.Split(strings.TrimSuffix(said, "\n"), "\n")
	if len(lines) != len(tests) {
		t.Fatalf("%d answers to %d lines:\n%s", len(lines), len(tests), said)
	}
	for i, test := range tests {
		if lines[i] != test.want {
			t.Errorf("%q offers %q, not %q", test.line, lines[i], test.want)
		}
	}
}

// fish sorts what it offers, shows meanings behind a tab, and guesses where no
// word begins so.
func TestFish(t *testing.T) {
	fish := find(t, "fish")
	if fish == "" {
		return
	}
	path, _ := script(t, &birds{}, "fish")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "recording"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range completions {
		said := run(t, dir, fish, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", path, test.line)
		offered := map[string]bool{}
		for line := range strings.Lines(said) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			offered[word] = true
		}
		for _, word := range strings.Fields(test.want) {
			if !offered[word] {
				t.Errorf("%q does not offer %s: %s", test.line, word, said)
			}
			delete(offered, word)
		}
		if len(offered) > 0 {
			t.Errorf("%q offers too much: %v", test.line, offered)
		}
	}
}

// Every name of every list is offered, in each shell.
func TestCompletionLists(t *testing.T) {
	var grammar struct {
		Watch struct {
			Action   string `words:"actions"`
			Platform string `words:"platforms"`
			Fields   string `words:"fields"`
		} `cmd:"" default:"withargs"`
	}
	var want []string
	for _, name := range append(decode.ActionChoices(), decode.PlatformNames()...) {
		want = append(want, name.Name)
	}
	for _, field := range record.Fields {
		want = append(want, field.Name)
	}
	for _, shell := range shells {
		_, text := script(t, &grammar, shell)
		words := map[string]bool{}
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n'[\\", r) }) {
			words[word] = true
		}
		for _, word := range want {
			if !words[word] {
				t.Errorf("%s: %s is not offered", shell, word)
			}
		}
	}
}
