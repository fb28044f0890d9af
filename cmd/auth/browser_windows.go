package auth

import "syscall"

// detached needs nothing: rundll32 has no window of its own.
func detached() *syscall.SysProcAttr { return nil }
