package cmd

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// parsed parses the arguments of a command line.
func parsed(t *testing.T, environ []string, args ...string) (*grammar, error) {
	t.Helper()
	g := newGrammar(everyCommand)
	line, err := newCommandLine(g, Env{Environ: environ}, new(configuration))
	if err != nil {
		t.Fatal(err)
	}
	_, err = line.parse(args)
	return g, err
}

// wholeModel returns the model of the grammar.
func wholeModel(t *testing.T) *kong.Application {
	t.Helper()
	line, err := newCommandLine(newGrammar(everyCommand), Env{}, new(configuration))
	if err != nil {
		t.Fatal(err)
	}
	return line.app.Model
}

// Whatever stands first on a command line, it selects the command that it means. Every
// command has a Run method.
func TestCommandIsSelected(t *testing.T) {
	lines := map[string]string{
		"": "tail", "-o text": "tail", "-qn 1": "tail", "--": "tail", "-- demo": "demo",
		"--help demo": "demo", "--version demo --speed=1": "demo",
		"completion bash": "completion", "check x": "check", "fields --json-schema": "fields", "help fields": "fields",
		"help help": "help", "-- help fields": "help",
	}
	for _, node := range wholeModel(t).Children {
		if _, runs := node.Target.Addr().Interface().(command); !runs {
			t.Errorf("%s has no Run method", node.Name)
		}
		if name := node.Name; name != "completion" && name != "help" && name != "check" {
			lines[name] = name
		}
	}
	for line, want := range lines {
		parsed, _, err := parse(strings.Fields(line), Env{}, new(configuration))
		if err != nil {
			t.Errorf("restail %s: %v", line, err)
			continue
		}
		if got := parsed.Selected(); got == nil {
			t.Errorf("restail %s selects no command", line)
		} else if got.Name != want {
			t.Errorf("restail %s is %s, want %s", line, got.Name, want)
		}
	}
}
