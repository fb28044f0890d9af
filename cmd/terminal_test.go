//go:build unix

package cmd

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// TestColorOnATerminal runs on a real pseudo-terminal: auto colours there
// alone, unless the environment says no.
func TestColorOnATerminal(t *testing.T) {
	for _, test := range []struct {
		name    string
		environ []string
		args    []string
		colored bool
	}{
		{"auto", nil, nil, true},
		{"never", nil, []string{"--color", "never"}, false},
		{"NO_COLOR", []string{"NO_COLOR=1"}, nil, false},
		{"an empty NO_COLOR says nothing", []string{"NO_COLOR="}, nil, true},
		{"a dumb terminal", []string{"TERM=dumb"}, nil, false},
		{"always, though NO_COLOR", []string{"NO_COLOR=1"}, []string{"--color", "always"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			screen := onTerminal(t, test.environ, append([]string{"replay", "-q", "-o", "text", "testdata/mixed.raw"}, test.args...))
			if colored := strings.Contains(screen, "\x1b["); colored != test.colored {
				t.Errorf("colours: %v, want %v\n%q", colored, test.colored, screen)
			}
			if !strings.Contains(screen, "Some Viewer") || strings.Contains(screen, "\x1b[31mred") {
				t.Errorf("the screen shows %q", screen)
			}
		})
	}
	var pipe bytes.Buffer
	Run(t.Context(), []string{"replay", "-q", "-o", "text", "testdata/mixed.raw"}, Env{Stdout: &pipe, Stderr: io.Discard})
	if strings.Contains(pipe.String(), "\x1b") {
		t.Errorf("colours in a pipe: %q", &pipe)
	}
}

// onTerminal returns what a run writes to a terminal.
func onTerminal(t *testing.T, environ, args []string) string {
	t.Helper()
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	written := make(chan string)
	go func() {
		text, _ := io.ReadAll(screen) // ends with an error when the terminal is closed
		written <- string(text)
	}()
	status := Run(t.Context(), args, Env{Stdin: os.Stdin, Stdout: terminal, Stderr: io.Discard, Environ: environ})
	terminal.Close()
	if status != statusDone {
		t.Errorf("status %d", status)
	}
	return <-written
}
