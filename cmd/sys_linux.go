package cmd

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pipeFree returns how many bytes a pipe takes whole at this moment. Its pages
// can be half empty, so only half of its size is counted on, unless all of it is
// free.
func pipeFree(pipe *os.File) int {
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

// awaitFree waits until a pipe takes n bytes whole, unless it never will or its
// reader goes away. It calls progress when the reader has taken something.
func awaitFree(pipe *os.File, n int, progress func()) {
	size, err := unix.FcntlInt(pipe.Fd(), unix.F_GETPIPE_SZ, 0)
	if err == nil && n > size {
		size, err = unix.FcntlInt(pipe.Fd(), unix.F_SETPIPE_SZ, n)
	}
	if err != nil || n > size {
		return
	}
	fds := []unix.PollFd{{Fd: int32(pipe.Fd()), Events: unix.POLLOUT}}
	before := pipeFree(pipe)
	for pause := 50 * time.Microsecond; before < n; pause = min(2*pause, 5*time.Millisecond) {
		unix.Poll(fds, -1) // for a page; the kernel tells of no more
		if fds[0].Revents&unix.POLLERR != 0 {
			return
		}
		time.Sleep(pause)
		if room := pipeFree(pipe); room != before {
			progress()
			before = room
		}
	}
}
