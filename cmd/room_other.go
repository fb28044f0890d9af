//go:build !linux

package cmd

import "os"

// pipeRoom returns 0: only Linux tells how much a pipe can take.
func pipeRoom(*os.File) int { return 0 }

// awaitRoom does not wait.
func awaitRoom(*os.File, int, func()) {}
