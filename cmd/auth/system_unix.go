//go:build !windows

package auth

import (
	"io/fs"
	"os"
	"syscall"
)

// openSafely makes open not wait for the other end of a FIFO, and not follow a
// symbolic link.
const openSafely = syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// addressInUse is the error of a port that another program listens on.
const addressInUse = syscall.EADDRINUSE

// shellExample runs another command in a shell.
const shellExample = "sh -c '…'"

// trusted reports whether a file belongs to this user or to root.
func trusted(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

// detached starts a program without a terminal, so that a text browser cannot use
// restail's.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
