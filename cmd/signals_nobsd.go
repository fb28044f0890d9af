//go:build unix && !(darwin || dragonfly || freebsd || netbsd || openbsd)

package cmd

import "os"

// infoSignals is empty: this system has no SIGINFO.
var infoSignals []os.Signal
