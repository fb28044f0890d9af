//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package cmd

import (
	"os"

	"golang.org/x/sys/unix"
)

// infoSignals holds SIGINFO, which a terminal sends for control-T.
var infoSignals = []os.Signal{unix.SIGINFO}
