package cmd

import (
	"os"

	"golang.org/x/term"
)

// terminalWidth returns a function that returns how many columns the terminal
// behind a stream of the Env has at the moment, 0 when it does not say. It
// returns nil when the stream is not a terminal.
func terminalWidth(stream any) func() int {
	if !terminal(stream) {
		return nil
	}
	fd := int(stream.(*os.File).Fd())
	return func() int {
		width, _, err := term.GetSize(fd)
		if err != nil {
			return 0
		}
		return width
	}
}
