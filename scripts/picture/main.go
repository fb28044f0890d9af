// Command picture draws what restail's text format looks like: lines of the
// built-in show, as an SVG of a terminal. scripts/picture.sh writes it to where
// the README shows it.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
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
	// picks are parts of the lines to show, in the order of the show. A line
	// is the first with that part, behind the one before.
	picks []string
}

// The screens have every platform, action, event type and mark of the show,
// which a test counts. The column of the places is as wide as it gets from the
// first pick on.
var screens = []screen{
	{"restail demo -o text --time utc", []string{
		"Hello from a very rainy evening", "[first message]", "lotteGoat lotteGoat", "Synth Sloth", "(no name): Same",
		"привет из Trovo", "Hi from the page side", ":r+goat:", "[reply to Gearbert]", "up in the attic", " writes down",
		"[emoji]", "♛✓ Lotte's Workbench: Okay", "[sticker]", "⚙  Restream: ", "reply b79a00f7 to", "reply b79a00f7 failed", "שלום", "سهرة",
		"[private whisper]", "whole family", "YOUR TERMINAL IS MINE", "relay of 0c773c90 failed", "[super chat", "[super sticker",
		"14 months", "[gifted 5 subscriptions", "[new member,", "[gifted 5 memberships", "[new member by a gift",
		"[member for 61 months", "all singing in one barn",
	}},
	{"restail demo -o text --time none -a all -p youtube,kick,rumble", []string{
		"link connected", "lotteworkbench connecting", "heartbeat", "lotteworkbench connected", "closed: superseded",
		"reply eaa1ef9b to", "reply eaa1ef9b accepted", "reply eaa1ef9b confirmed", "LottesWorkbench error",
		"relay of a77ccbd9 accepted", "relay of a77ccbd9 confirmed",
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

// pick returns the numbers of the lines to show.
func (s screen) pick(lines []string) ([]int, error) {
	var picked []int
	next := 0
	for _, part := range s.picks {
		for next < len(lines) && !strings.Contains(escapes.ReplaceAllString(lines[next], ""), part) {
			next++
		}
		if next == len(lines) {
			return nil, fmt.Errorf("no line with %q behind those before", part)
		}
		picked = append(picked, next)
		next++
	}
	return picked, nil
}
