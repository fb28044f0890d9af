//go:build !windows

package auth

import "syscall"

// detached starts a program without a terminal: a text browser must not use ours.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
