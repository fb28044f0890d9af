package cmd

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipeRoom returns how many bytes a pipe takes whole at this moment. Its pages
// can be half empty, so only half of its size is counted on.
func pipeRoom(pipe *os.File) int {
	fd := pipe.Fd()
	size, err := unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return 0
	}
	waiting, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return size/2 - waiting
}
