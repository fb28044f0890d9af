//go:build !windows

package auth

import "syscall"

// detached takes a text browser the terminal away, which is ours.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
