package cmd

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Env is everything outside the process that a run of restail uses: main passes
// the real one, a test its own.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Environ is the environment as "NAME=value"; of duplicates the last counts.
	Environ []string
	// Signals delivers those of [Signals]; nil for none.
	Signals <-chan os.Signal
	// Exit ends the process at once: at the second signal, and when a run that is
	// to end cannot because nobody reads its stdout.
	Exit func(status int)
}

// getenv returns a variable of the environment, "" where it is not set.
func (e Env) getenv(name string) string {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(e.Environ[i], "="); key == name {
			return value
		}
	}
	return ""
}

// terminal reports whether a stream of the Env is a terminal.
func terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
