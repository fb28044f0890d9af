//go:build unix

package cmd

import (
	"os"

	"golang.org/x/sys/unix"
)

// stopSignals end a run, with 128 plus their number as its status.
var stopSignals = map[os.Signal]int{unix.SIGHUP: 129, unix.SIGINT: 130, unix.SIGTERM: 143}

// resumeSignal tells that the process goes on after it was stopped.
const resumeSignal = unix.SIGCONT

// tableSignals ask for the connection table.
var tableSignals = append(infoSignals, unix.SIGUSR1)

// Signals lists what [Env.Signals] must deliver. A stop signal that the parent
// chose to ignore stays ignored: a shell starts its background jobs so, and
// nohup its command.
//
// SIGPIPE is among them because a process that is notified of it is not killed
// by it: the failing write is seen where it happens.
func Signals(ignored func(os.Signal) bool) []os.Signal {
	signals := append([]os.Signal{unix.SIGPIPE, resumeSignal}, tableSignals...)
	for s := range stopSignals {
		if !ignored(s) {
			signals = append(signals, s)
		}
	}
	return signals
}
