package cmd

import (
	"context"
	"errors"
	"io"
	"syscall"
)

// watchReader does nothing: a pipe of Windows tells of its reader's end only
// to a writer.
func watchReader(context.Context, io.Writer, func()) {}

// readerGone tells whether a failed write means that the reader went away:
// ERROR_BROKEN_PIPE or ERROR_NO_DATA, the pipe being closed.
func readerGone(err error) bool {
	const noData = syscall.Errno(232)
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, noData)
}

// atomicWrite returns 0: a pipe of Windows takes every write whole.
func atomicWrite(io.Writer) int { return 0 }
