// Command picture draws what restail's text format looks like: lines of the
// built-in show, as an SVG of a terminal. scripts/picture.sh writes it to where
// the README shows it.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/restail/restail/cmd"
)

func main() {
	picture, err := draw()
	if err == nil {
		_, err = os.Stdout.Write(picture)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// A screen is a command and what is shown of its output.
type screen struct {
	command string
	// picks are regular expressions, in the order of the show. Each shows the
	// first line that it matches behind the line of the one before.
	picks []string
}

// The screens have every platform, action, event type and mark of the show. The
// column of the places is as wide as it gets from the first pick on.
var screens = []screen{
	{"restail demo -o text --time utc", []string{
		"Hello from a very rainy evening", `\[first message\]`, "lotteGoat lotteGoat", "Synth Sloth", `\(no name\): Same`,
		"привет из Trovo", "Hi from the page side", `:r\+goat:`, `\[reply to Gearbert\]`, "up in the attic", " writes down",
		`\[emoji\]`, "♛✓ Lotte's Workbench: Okay", `\[sticker\]`, "⚙  Restream: ", "Is the page back", "reply .* failed: connection_in_error_state", "שלום", "سهرة",
		`\[private whisper\]`, "whole family", "YOUR TERMINAL IS MINE", "relay .* failed: discord_rate_limit", `\[super chat`, `\[super sticker`,
		"14 months", `\[gifted 5 subscriptions`, `\[new member,`, `\[gifted 5 memberships`, `\[new member by a gift`,
		`\[member for 61 months`, "all singing in one barn",
	}},
	{"restail demo -o text --time none -a all -p youtube,kick,rumble", []string{
		"link connected", "lotteworkbench connecting", "heartbeat", "lotteworkbench connected", "closed: superseded",
		"The nest is a tax return", "reply .* accepted", "reply .* confirmed", "LottesWorkbench error",
		"^youtube .* relay of .* accepted", "^youtube .* relay of .* confirmed",
	}},
}

// draw returns the picture of the screens, one below the other.
func draw() ([]byte, error) {
	var rows [][]cell
	for _, s := range screens {
		shown, err := s.show()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.command, err)
		}
		if rows != nil {
			rows = append(rows, nil)
		}
		rows = append(rows, shown...)
	}
	return svg(rows), nil
}

// show returns what stands on the screen, row by row.
func (s screen) show() ([][]cell, error) {
	lines, err := s.run("--color=always")
	if err != nil {
		return nil, err
	}
	picked, err := s.pick(lines)
	if err != nil {
		return nil, err
	}
	shown := []string{"\x1b[2m$\x1b[0m \x1b[1m" + s.command + "\x1b[0m"}
	for _, n := range picked {
		shown = append(shown, lines[n])
	}
	var rows [][]cell
	for _, line := range shown {
		cells, err := parse(line)
		if err != nil {
			return nil, err
		}
		rows = append(rows, wrap(cells)...)
	}
	return rows, nil
}

// run runs the command and returns the lines that it writes.
func (s screen) run(flags ...string) ([]string, error) {
	var stdout, stderr bytes.Buffer
	args := slices.Concat(strings.Fields(s.command)[1:], []string{"--speed=max", "--quiet"}, flags)
	env := cmd.Env{Stdin: new(bytes.Buffer), Stdout: &stdout, Stderr: &stderr}
	if status := cmd.Run(context.Background(), args, env); status != 0 {
		return nil, fmt.Errorf("status %d: %s", status, &stderr)
	}
	return strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n"), nil
}

// pick returns the numbers of the lines to show. A pick that matches no line is
// left out with a message: the show may change without the picture.
func (s screen) pick(lines []string) ([]int, error) {
	var picked []int
	next := 0
	for _, pick := range s.picks {
		wanted, err := regexp.Compile(pick)
		if err != nil {
			return nil, err
		}
		found := slices.IndexFunc(lines[next:], func(line string) bool {
			return wanted.MatchString(escapes.ReplaceAllString(line, ""))
		})
		if found < 0 {
			fmt.Fprintf(os.Stderr, "picture: no line matches %q behind those before\n", pick)
			continue
		}
		picked = append(picked, next+found)
		next += found + 1
	}
	return picked, nil
}
