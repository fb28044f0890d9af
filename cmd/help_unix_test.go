//go:build unix

package cmd

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"
)

// Help is as wide as the terminal that it is written to.
func TestHelpOnTerminal(t *testing.T) {
	for _, command := range []string{"--help", "tail --help", "help gaps"} {
		screen, terminal, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer screen.Close()
		if err := pty.Setsize(screen, &pty.Winsize{Rows: 24, Cols: 50}); err != nil {
			t.Fatal(err)
		}
		written := make(chan string)
		go func() {
			text, _ := io.ReadAll(screen) // ends with an error when the terminal is closed
			written <- string(text)
		}()
		status := Run(t.Context(), strings.Fields(command), Env{Stdout: terminal, Stderr: io.Discard})
		terminal.Close()
		longest := 0
		for line := range strings.Lines(<-written) {
			longest = max(longest, utf8.RuneCountInString(strings.TrimSpace(line)))
		}
		if status != statusDone || longest > 50 || longest < 40 {
			t.Errorf("restail %s: status %d, a line of %d characters", command, status, longest)
		}
	}
}
