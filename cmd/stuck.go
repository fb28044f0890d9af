package cmd

import "time"

// stuckAfter is how long a write to stdout may take once the time of the run is
// up.
const stuckAfter = 2 * time.Second

// leaveStuck ends the process, with that status, when the reader of stdout takes
// nothing although the time of the run is up: a write that waits cannot be called
// off. It returns when over is closed.
func (r *run) leaveStuck(out *output, status int, over <-chan struct{}) {
	look := time.NewTicker(stuckAfter)
	defer look.Stop()
	for written := out.lastWrite.Load(); ; written = out.lastWrite.Load() {
		select {
		case <-over:
			return
		case <-look.C:
		}
		if out.writing.Load() && out.lastWrite.Load() == written {
			r.status.Note("link", "the reader of stdout takes nothing: what it has not taken is dropped")
			r.Exit(status)
			return
		}
	}
}
