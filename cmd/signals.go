package cmd

import (
	"context"
	"slices"
	"syscall"
)

// watchSignals cancels the run at the first stop signal. It ends the process at
// the second, and at the first when the run is stuck already. It answers the
// table signals, and passes on SIGCONT. It returns at the end of the run.
func (r *run) watchSignals(cancel context.CancelCauseFunc) {
	for stopping := false; ; {
		select {
		case <-r.over:
			return
		case s := <-r.Signals:
			status, stop := stopSignals[s]
			switch f := r.following.Load(); {
			case s == syscall.SIGHUP && f != nil && f.recorder != nil:
				f.recorder.Reopen()
			case stop && (stopping || f != nil && f.isStuck()):
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
			case slices.Contains(tableSignals, s) && f != nil:
				f.status.Table(f.decoder.Linked(), f.counted())
			}
		}
	}
}

// exit ends the process at once, but for a write to stdout that is under way.
func (r *run) exit(status int) {
	if f := r.following.Load(); f != nil {
		f.out.stopWriting()
		if f.recorder != nil {
			f.recorder.close(lastWrite)
		}
	}
	r.stderr.flush(stderrWait)
	r.Exit(status)
}
