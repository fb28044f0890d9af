package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// stopSignals end a run, with 128 plus their number as its status.
var stopSignals = map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143}

// resumeSignal never arrives: Windows does not stop processes.
const resumeSignal = syscall.Signal(-1)

// tableSignals is empty: Windows has no signal for it.
var tableSignals []os.Signal

// Signals lists what [Env.Signals] must deliver.
func Signals(func(os.Signal) bool) []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM}
}

// watchReader does nothing: on Windows only a write shows that the reader of a pipe went
// away.
func watchReader(context.Context, io.Writer, func()) {}

// isReaderGone reports whether a write failed because the reader went away:
// ERROR_BROKEN_PIPE or ERROR_NO_DATA.
func isReaderGone(err error) bool {
	const noData = syscall.Errno(232)
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, noData)
}

// atomicWriteSize returns 0: a pipe of Windows takes every write whole.
func atomicWriteSize(io.Writer) int { return 0 }

// enableColor makes the console behind a stream of the Env interpret escape sequences.
// It reports whether the console does.
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
