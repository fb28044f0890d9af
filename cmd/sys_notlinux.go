//go:build !linux

package cmd

import "os"

// pipeSpace returns 0: only Linux says how much a pipe can take.
func pipeSpace(*os.File) int { return 0 }

// waitPipeSpace does not wait.
func waitPipeSpace(*os.File, int, func()) {}
