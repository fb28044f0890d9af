package cmd

import (
	"context"
	"slices"
)

// watchSignals cancels the run at the first stop signal, ends the process at
// the second, answers the table signals, and passes on that the process was
// resumed, until ctx is done for another reason than a signal.
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
				r.exit(status)
				return
			case stop:
				stopping = true
				cancel(stopped{status})
			case s == resumeSignal:
				select {
				case r.resumed <- struct{}{}:
				default:
				}
			case slices.Contains(tableSignals, s) && table != nil:
				(*table)()
			}
		}
	}
}

// exit ends the process at once, but for a write to stdout that is under way.
func (r *run) exit(status int) {
	if out := r.out.Load(); out != nil {
		out.stopWriting()
	}
	r.Exit(status)
}
