package cmd

import (
	"context"
	"slices"
)

// watchSignals cancels the run at the first stop signal, ends the process at
// the second, and answers the table signals, until ctx is done for another
// reason than a signal.
func (r *run) watchSignals(ctx context.Context, cancel context.CancelCauseFunc) {
	for stopping := false; ; {
		done := ctx.Done()
		if stopping {
			done = r.over
		}
		select {
		case <-done:
			return
		case s := <-r.Signals:
			status, stop := stopSignals[s]
			switch table := r.table.Load(); {
			case stop && stopping:
				r.Exit(status)
				return
			case stop:
				stopping = true
				cancel(stopped{status})
			case slices.Contains(tableSignals, s) && table != nil:
				(*table)()
			}
		}
	}
}
