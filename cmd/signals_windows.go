package cmd

import (
	"os"
	"syscall"
)

// stopSignals end a run, with 128 plus their number as its status.
var stopSignals = map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143}

// resumeSignal is none: Windows stops no process.
const resumeSignal = syscall.Signal(-1)

// tableSignals is empty: Windows has no signal to ask for the table.
var tableSignals []os.Signal

// Signals lists what [Env.Signals] must deliver.
func Signals(func(os.Signal) bool) []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM}
}
