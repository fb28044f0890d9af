//go:build !windows

package cmd

// enableColor reports whether the terminal behind a stream of the Env
// interprets escape sequences: every one does.
func enableColor(any) bool { return true }
