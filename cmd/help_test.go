package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restail/restail/filter"
)

// said runs a command line and returns its stdout.
func said(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	got := runWith(t, "", environ, args)
	if got.status != statusDone || got.stderr != "" {
		t.Fatalf("restail %v: status %d, %s", args, got.status, got.stderr)
	}
	return got.stdout
}

// The program's help is one screen, and as wide as COLUMNS says.
func TestHelpIsOneScreen(t *testing.T) {
	for columns, most := range map[string]int{"80": 33, "100": 32} {
		text := said(t, []string{"COLUMNS=" + columns}, "--help")
		if lines := strings.Count(text, "\n"); lines > most {
			t.Errorf("at %s columns help has %d lines:\n%s", columns, lines, text)
		}
	}
	if wide, narrow := said(t, []string{"COLUMNS=100"}, "tail", "-h"), said(t, []string{"COLUMNS=60"}, "tail", "-h"); strings.Count(wide, "\n") >= strings.Count(narrow, "\n") {
		t.Error("help is not wrapped at COLUMNS")
	}
}

// Help and the version are printed whatever the configuration says, in each
// spelling.
func TestHelpDespiteABrokenConfiguration(t *testing.T) {
	t.Parallel()
	for _, home := range []string{"syntax-error", "unknown-flag"} {
		environ := []string{"XDG_CONFIG_HOME=testdata/config/" + home}
		for _, line := range []string{"--version", "-V", "version"} {
			if out := said(t, environ, line); out != versionLine() {
				t.Errorf("%s, %s: %q", home, line, out)
			}
		}
		for line, same := range map[string]string{
			"help": "--help", "-h": "--help", "help demo": "demo --help", "help tail": "--help tail",
			"help help": "help help help", "help version": "version --help", "-V -h": "-V",
		} {
			if got, want := said(t, environ, strings.Fields(line)...), said(t, environ, strings.Fields(same)...); got != want || got == "" {
				t.Errorf("%s: restail %s and restail %s differ:\n%s", home, line, same, got)
			}
		}
	}
	if got, want := said(t, nil, "--", "help", "demo"), said(t, nil, "demo", "-h"); got != want {
		t.Errorf("restail -- help demo is not the help of demo:\n%s", got)
	}
}

// cited matches what a text writes as a flag.
var cited = regexp.MustCompile(`(?:^|[ (])(--?[a-zA-Z][a-z-]*)`)

// The help of a command mentions no flag that the command does not have, but
// where it says what its arguments are.
func TestHelpCitesOwnFlags(t *testing.T) {
	for _, command := range wholeModel(t).Children {
		if command.Name == "help" {
			continue // restail help --help is the help of restail
		}
		own := map[string]bool{"-h": true, "--help": true, "-V": true, "--version": true}
		for _, flag := range command.Flags {
			own["--"+flag.Name], own["-"+string(flag.Short)] = true, true
		}
		text := strings.ReplaceAll(said(t, nil, command.Name, "--help"), "--[no-]", "--")
		for _, flag := range cited.FindAllStringSubmatch(text, -1) {
			if !own[flag[1]] {
				t.Errorf("restail %s --help mentions %s", command.Name, flag[1])
			}
		}
	}
}

// Every command and flag is in the help, the manual page and the scripts.
func TestDocumentationIsWhole(t *testing.T) {
	t.Parallel()
	whole := map[string]string{
		"man":  strings.ReplaceAll(said(t, nil, "man"), `\-`, "-"),
		"bash": said(t, nil, "completion", "bash"),
		"zsh":  said(t, nil, "completion", "zsh"),
		"fish": strings.ReplaceAll(said(t, nil, "completion", "fish"), " -l ", " --"),
	}
	has := func(text, name string) bool {
		return regexp.MustCompile(regexp.QuoteMeta(name) + `($|[^a-z-])`).MatchString(text)
	}
	for _, command := range wholeModel(t).Children {
		names := []string{command.Name}
		help := said(t, nil, command.Name, "--help")
		for _, flag := range command.Flags {
			long := "--" + flag.Name
			names = append(names, long)
			help = strings.ReplaceAll(help, "--[no-]"+flag.Name, long)
			whole["man"] = strings.ReplaceAll(whole["man"], "--[no-]"+flag.Name, long)
			if !has(help, long) || flag.Help == "" {
				t.Errorf("restail %s --help does not explain %s", command.Name, long)
			}
		}
		for _, name := range names {
			for document, text := range whole {
				if !has(text, name) {
					t.Errorf("%s does not know %s", document, name)
				}
			}
		}
	}
}

// The manual page and the README say where the configuration is on Windows, and
// what else differs there.
func TestWindowsIsDocumented(t *testing.T) {
	path := configPath(Env{Environ: []string{"USERPROFILE=%USERPROFILE%"}})
	path = strings.ReplaceAll(filepath.ToSlash(path), "/", `\`)
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, readme, _ := strings.Cut(string(page), "\n### Windows\n")
	readme, _, _ = strings.Cut(readme, "\n## ")
	man := strings.NewReplacer(`\-`, "-", `\e`, `\`).Replace(said(t, nil, "man"))
	_, man, _ = strings.Cut(man, "\n.SS \"Windows\"\n")
	man, _, _ = strings.Cut(man, "\n.SH ")
	for _, want := range []string{path, "%APPDATA%", "SIGUSR1", "reader", "cmd /c"} {
		if !strings.Contains(readme, want) || !strings.Contains(man, want) {
			t.Errorf("the README or the manual page does not mention %s:\n%s\n%s", want, readme, man)
		}
	}
}

// The help of a command has its own default and no other. The manual page names every
// signal that has a status, and what a filter can use to end a run. The names of commands
// are completed after help.
func TestDocumentationSays(t *testing.T) {
	for line, wants := range map[string][]string{
		"tail --help":     {"retries in a row. Default: never. --max-backoff"},
		"history --help":  {"retries in a row. Default: 5. --max-backoff"},
		"man":             {"SIGHUP, SIGINT, SIGTERM", `halt\fR`, "halt_error(N)", "$raw", "$ENV"},
		"completion bash": {"help:0) words='tail replay "},
	} {
		text := strings.Join(strings.Fields(strings.ReplaceAll(said(t, nil, strings.Fields(line)...), `\-`, "-")), " ")
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("restail %s does not say %q", line, want)
			}
		}
	}
}

// What the shells and groff think of the real thing, where they are installed.
func TestDocumentationIsWellFormed(t *testing.T) {
	t.Parallel()
	for _, check := range []struct{ document, program, flags string }{
		{"completion bash", "bash", "-n"},
		{"completion zsh", "zsh", "-n"},
		{"completion fish", "fish", "-n"},
		{"man", "groff", "-man -ww -z"},
	} {
		text := said(t, nil, strings.Fields(check.document)...)
		if !strings.Contains(text, "restail") || strings.Contains(text, "%!") || strings.Contains(text, "<nil>") {
			t.Errorf("%s is not what it should be:\n%s", check.document, text)
		}
		program, err := exec.LookPath(check.program)
		if err != nil {
			t.Logf("%s is not installed here", check.program)
			continue
		}
		path := filepath.Join(t.TempDir(), "document")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), program, append(strings.Fields(check.flags), path)...).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("restail %s: %v\n%s", check.document, err, out)
		}
	}
}

// Every example is a command line that restail takes, with a filter that
// compiles.
func TestExamples(t *testing.T) {
	for _, example := range examples {
		t.Run(example.Term, func(t *testing.T) {
			line, _, _ := strings.Cut(example.Term, " > ")
			line, _, _ = strings.Cut(line, " || ")
			g, err := parsed(t, nil, splitShell(t, line)[1:]...)
			if err != nil {
				t.Fatal(err)
			}
			if g.Tail.Filter == "" {
				return
			}
			if _, err := filter.Compile(g.Tail.Filter, filter.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
}
