package auth

import (
	"io/fs"
	"syscall"
)

// openSafely is empty on Windows: there are no FIFOs, and only an administrator can
// make symbolic links.
const openSafely = 0

// addressInUse is WSAEADDRINUSE, for which package syscall has no name.
const addressInUse = syscall.Errno(10048)

// shellExample runs another command in a shell.
const shellExample = `cmd /c "…"`

// trusted is always true: the access control lists of the user's profile keep
// other users out.
func trusted(fs.FileInfo) bool { return true }

// detached needs nothing: rundll32 has no window of its own.
func detached() *syscall.SysProcAttr { return nil }
