package cmd

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pipeSpace returns how many bytes a pipe takes whole at this moment. Its pages can be
// half empty, so it counts only half of the size, unless the pipe is empty.
func pipeSpace(pipe *os.File) int {
	fd := pipe.Fd()
	size, err := unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return 0
	}
	waiting, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
	switch {
	case err != nil:
		return 0
	case waiting == 0:
		return size
	}
	return size/2 - waiting
}

// waitPipeSpace waits until a pipe takes n bytes whole, or its reader goes away. It
// returns at once if the pipe cannot become large enough. It calls progress whenever
// the reader has taken something.
func waitPipeSpace(pipe *os.File, n int, progress func()) {
	size, err := unix.FcntlInt(pipe.Fd(), unix.F_GETPIPE_SZ, 0)
	if err == nil && n > size {
		size, err = unix.FcntlInt(pipe.Fd(), unix.F_SETPIPE_SZ, n)
	}
	if err != nil || n > size {
		return
	}
	fds := []unix.PollFd{{Fd: int32(pipe.Fd()), Events: unix.POLLOUT}}
	before := pipeSpace(pipe)
	for pause := 50 * time.Microsecond; before < n; pause = min(2*pause, 5*time.Millisecond) {
		unix.Poll(fds, -1) // until a page is free; the kernel offers nothing finer
		if fds[0].Revents&unix.POLLERR != 0 {
			return
		}
		time.Sleep(pause)
		if space := pipeSpace(pipe); space != before {
			progress()
			before = space
		}
	}
}
