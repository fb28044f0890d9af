//go:build !windows

package cmd

import (
	"os"
	"syscall"
	"testing"
)

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }

// TestSpecialConfiguration must not wait: signals are not handled yet.
func TestSpecialConfiguration(t *testing.T) {
	t.Parallel()
	configured(t, mkfifo).want(t, statusUsage, "config.json: it is not a regular file")
	configured(t, func(path string) error { return os.Symlink("/dev/zero", path) }).want(t, statusUsage, "not a regular file")
	configured(t, func(path string) error { return os.Mkdir(path, 0o700) }).want(t, statusUsage, "is a directory")
}
