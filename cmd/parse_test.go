package cmd

import (
	"reflect"
	"strings"
	"testing"
)

// Whatever stands first on a command line, the command that it means has its flags.
func TestEveryCommandGetsItsFlags(t *testing.T) {
	whole, err := newCommandLine(newGrammar(everyCommand), Env{}, new(configuration))
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]int{}
	for _, node := range whole.app.Model.Children {
		if _, runs := node.Target.Addr().Interface().(command); !runs {
			t.Errorf("%s has no Run method", node.Name)
		}
		flags[node.Name] = len(node.Flags)
		for field, value := range node.Target.Fields() {
			if field.Anonymous && value.Kind() == reflect.Pointer && value.IsNil() {
				t.Errorf("newGrammar does not set %s of %s", field.Name, node.Name)
			}
		}
	}
	lines := map[string]string{
		"": "tail", "-o text": "tail", "-qn 1": "tail", "--": "tail", "-- demo": "demo",
		"--help demo": "demo", "--version demo --speed=1": "demo",
		"completion bash": "completion", "check x": "check", "fields --json-schema": "fields", "help fields": "fields",
		"help help": "help", "-- help fields": "help",
	}
	for name := range flags {
		if name != "completion" && name != "help" && name != "check" {
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
		} else if got.Name != want || len(got.Flags) != flags[want] {
			t.Errorf("restail %s is %s with %d flags, want %s with %d", line, got.Name, len(got.Flags), want, flags[want])
		}
	}
}
