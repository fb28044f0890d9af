//go:build !linux

package cmd

import "os"

// pipeFree returns 0: only Linux tells how much a pipe can take.
func pipeFree(*os.File) int { return 0 }

// awaitFree does not wait.
func awaitFree(*os.File, int, func()) {}
