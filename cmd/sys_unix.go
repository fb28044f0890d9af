//go:build unix

package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// stopSignals end a run, with 128 plus their number as its status.
var stopSignals = map[os.Signal]int{unix.SIGHUP: 129, unix.SIGINT: 130, unix.SIGTERM: 143}

// resumeSignal arrives when the process continues after it was stopped.
const resumeSignal = unix.SIGCONT

// tableSignals ask for the connection table. Where SIGINFO exists, a terminal sends
// it for Ctrl-T.
var tableSignals = func() []os.Signal {
	signals := []os.Signal{unix.SIGUSR1}
	if info := unix.SignalNum("SIGINFO"); info != 0 {
		signals = append(signals, info)
	}
	return signals
}()

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

// watchReader calls gone once when nobody can read from w any more, although
// nothing is being written: a pipe or socket whose other end has closed. It
// returns at once for anything else; otherwise it watches until ctx is done.
func watchReader(ctx context.Context, w io.Writer, gone func()) {
	file, ok := w.(*os.File)
	if !ok {
		return
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return
	}
	wake, woken, err := os.Pipe()
	if err != nil {
		return
	}
	defer wake.Close()
	stop := context.AfterFunc(ctx, func() { woken.Close() })
	defer func() {
		if stop() {
			woken.Close()
		}
	}()
	// Never for readability: a terminal or a socket on stdout may have input
	// that is not ours. POLLERR and POLLHUP are always reported.
	fds := []unix.PollFd{{Fd: int32(file.Fd())}, {Fd: int32(wake.Fd())}}
	for ctx.Err() == nil {
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
			gone()
			return
		}
	}
}

// readerGone tells whether a failed write means that the reader went away.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }

// atomicWrite returns how many bytes w takes whole or not at all: POSIX has a
// number for pipes.
func atomicWrite(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return 0
	}
	const posix, linux = 512, 4096
	if runtime.GOOS == "linux" {
		return linux
	}
	return posix
}

// enableColor reports whether the terminal behind a stream of the Env
// interprets escape sequences: every one does.
func enableColor(any) bool { return true }
