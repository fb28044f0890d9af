//go:build unix

package session

import (
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// readerOf returns a function that reads from conn, and calls wait when there is
// nothing to read and it has to wait. It returns nil for a connection that is
// not a socket.
func readerOf(conn net.Conn, wait func()) func(p []byte) (int, error) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	var buf []byte
	var n int
	var failed error
	try := func(fd uintptr) (done bool) {
		for {
			if n, failed = unix.Read(int(fd), buf); failed != unix.EINTR {
				break
			}
		}
		if failed == unix.EAGAIN {
			wait()
			return false
		}
		return true
	}
	return func(p []byte) (int, error) {
		buf = p
		switch err := raw.Read(try); {
		case err != nil: // such as a deadline
			return 0, err
		case failed != nil:
			return 0, os.NewSyscallError("read", failed)
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
