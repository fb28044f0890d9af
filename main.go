// Command restail follows a Restream chat from the shell.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/restail/restail/cmd"
)

func main() {
	debug.SetMemoryLimit(128 << 20) // more only for hostile input and slow readers: then collect more often
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, cmd.Signals(signal.Ignored)...)
	os.Exit(cmd.Run(context.Background(), os.Args[1:], cmd.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Environ: os.Environ(), Signals: signals, Exit: os.Exit,
	}))
}
