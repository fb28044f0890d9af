package docs_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/docs"
)

// help returns the help for a command line.
func help(t *testing.T, h docs.Help, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	k := parser(t, &birds{}, &out, kong.Help(h.Print))
	if _, err := k.Parse(append(args, "--help")); err != nil && out.Len() == 0 {
		t.Fatal(err)
	}
	return out.String()
}

var birdHelp = docs.Help{
	Examples: []docs.Item{
		{Term: "birds -o text", Meaning: "Watch them."},
		{Term: "birds play monday", Meaning: "Watch those of Monday."},
	},
	More: "birds watch --help shows the flags.",
	Flags: func(command *kong.Node) string {
		if len(command.Flags) == 0 {
			return ""
		}
		return "Every flag has a variable, BIRDS_FORMAT for --format."
	},
}

func TestHelp(t *testing.T) {
	var all strings.Builder
	for _, test := range []struct {
		width   int
		command string
	}{{0, ""}, {0, "watch"}, {100, "play"}, {60, "shell bash"}, {80, "nest"}} {
		h := birdHelp
		h.Width = func() int { return test.width }
		args := strings.Fields(test.command)
		all.WriteString("$ birds " + strings.Join(append(args, "--help"), " ") + "\n" + help(t, h, args...) + "\n")
	}
	golden(t, "help.txt", all.String())
}

func TestHelpWidth(t *testing.T) {
	for _, test := range []struct{ width, atMost int }{
		{0, 80}, {1, 40}, {40, 40}, {57, 57}, {100, 100},
	} {
		h := birdHelp
		h.Width = func() int { return test.width }
		longest := 0
		for line := range strings.Lines(help(t, h) + help(t, h, "watch") + help(t, h, "play")) {
			line = strings.TrimSuffix(line, "\n")
			if line != strings.TrimRight(line, " ") {
				t.Errorf("at %d columns a line ends with blanks: %q", test.width, line)
			}
			longest = max(longest, utf8.RuneCountInString(line))
		}
		if longest > test.atMost || longest < test.atMost-8 {
			t.Errorf("at %d columns a line has %d", test.width, longest)
		}
	}
}
