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

// Signals lists what [Env.Signals] must deliver. A stop signal that the parent ignored
// stays ignored, as in a background job of a shell or under nohup.
//
// SIGPIPE is among them because it does not kill a process that is notified of it: the
// write returns an error instead.
func Signals(ignored func(os.Signal) bool) []os.Signal {
	signals := append([]os.Signal{unix.SIGPIPE, resumeSignal}, tableSignals...)
	for s := range stopSignals {
		if !ignored(s) {
			signals = append(signals, s)
		}
	}
	return signals
}

// watchReader calls gone once when the reader of a pipe or socket goes away, even if
// nothing is being written. It watches until ctx is done. It returns at once if w is
// neither a pipe nor a socket.
func watchReader(ctx context.Context, w io.Writer, gone func()) {
	file, ok := w.(*os.File)
	if !ok {
		return
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return
	}
	wake, waker, err := os.Pipe()
	if err != nil {
		return
	}
	defer wake.Close()
	stop := context.AfterFunc(ctx, func() { waker.Close() })
	defer func() {
		if stop() {
			waker.Close()
		}
	}()
	// No events are requested, because a socket on stdout can have input that is not
	// ours. poll reports POLLERR and POLLHUP in any case.
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

// isReaderGone reports whether a write failed because the reader went away.
func isReaderGone(err error) bool { return errors.Is(err, syscall.EPIPE) }

// atomicWriteSize returns the largest write that w takes whole or not at all: PIPE_BUF
// for a pipe, 0 for anything else.
func atomicWriteSize(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return 0
	}
	if runtime.GOOS == "linux" {
		return 4096
	}
	return 512 // POSIX promises no more
}

// enableColor returns true: every terminal interprets escape sequences.
func enableColor(any) bool { return true }
