package cmd

import (
	"strings"
	"testing"
)

// Whatever stands first on a command line, it selects the command that it means. Every
// command has a Run method.
func TestCommandIsSelected(t *testing.T) {
	whole, err := newCommandLine(new(grammar), Env{}, new(configuration))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{
		"": "tail", "-o text": "tail", "-qn 1": "tail", "--": "tail", "-- demo": "demo",
		"--help demo": "demo", "--version demo --speed=1": "demo",
		"completion bash": "completion", "check x": "check", "fields --json-schema": "fields", "help fields": "fields",
		"help help": "help", "-- help fields": "help",
	}
	for _, node := range whole.app.Model.Children {
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
