package cmd

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableColor makes the console behind a stream of the Env interpret escape
// sequences, and reports whether it does.
func enableColor(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	console := windows.Handle(file.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
