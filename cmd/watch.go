package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/restail/restail/cmd/session"
)

const (
	// watchEvery is the period of watch.
	watchEvery = 100 * time.Millisecond
	// stuckAfter is how long a run that is to end waits for a reader of stdout
	// that takes nothing.
	stuckAfter = 2 * time.Second
	// caughtUp is the time without a full buffer before that is reported.
	caughtUp = 2 * time.Second
)

// errTimeout and errIdle are what cancels a run at --timeout and --idle.
var (
	errTimeout = errors.New("--timeout ran out")
	errIdle    = errors.New("--idle ran out")
)

// watch runs beside the loop, which stdout may block. It ends the run at --idle,
// reports when reading from the socket pauses, and ends the process when the run
// cannot end because nobody takes its lines. It returns when over is closed.
func (r *run) watch(ctx context.Context, p *pipe, end *endFlags, cancel context.CancelCauseFunc, over <-chan struct{}) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var buffer bufferNotes
	var before [2]int64 // what stdout had taken, and when the filter began
	var since time.Time // since when nothing has changed
	for {
		var now time.Time
		select {
		case <-over:
			return
		case now = <-ticker.C:
		}
		p.saveState()
		if ctx.Err() == nil {
			if idle := time.Duration(end.Idle); idle > 0 && time.Since(p.out.start)-time.Duration(p.out.lastLine.Load()) >= idle {
				cancel(errIdle)
			}
			if p.live != nil {
				buffer.look(r, p.live.Stats(), now)
			}
			continue
		}
		state := [2]int64{p.out.progress.Load(), p.filterSince.Load()}
		if since.IsZero() || !p.isBusy() || state != before {
			before, since = state, now
		}
		if now.Sub(since) >= stuckAfter {
			r.leaveStuck(p, end, context.Cause(ctx))
			return
		}
	}
}

// isBusy reports whether the loop is in a write or a program that cannot be
// interrupted.
func (p *pipe) isBusy() bool { return p.out.flushing.Load() || p.filterSince.Load() != 0 }

// leaveStuck ends the process though lines are waiting.
func (r *run) leaveStuck(p *pipe, end *endFlags, cause error) {
	what := "the reader of stdout takes nothing"
	if !p.out.flushing.Load() {
		what = "the filter does not end"
	}
	if decided := p.decided.Load(); decided != nil && !errors.Is(decided.err, errCount) { // the lines of a count are not out
		cause = decided.err
	}
	unwritten := fmt.Sprintf("%d lines", p.out.gathered.Load()-p.out.written.Load())
	if n := p.counted().Queued; n > 0 {
		unwritten += fmt.Sprintf(" and what %d waiting actions would have given", n)
	}
	err := p.verdict(cause, end)
	status, hint := exitStatus(err)
	if !errors.As(err, new(stopped)) {
		r.status.Error(err.Error(), hint)
	}
	r.status.Error(what+": "+unwritten+" were not written", "")
	if p.recorder != nil {
		p.recorder.close(stuckAfter)
	}
	r.exit(status)
}

// bufferNotes report when reading from the socket pauses because the buffer is
// full, and when the reader has caught up.
type bufferNotes struct {
	reported bool
	full     time.Time // when it was full last
}

func (b *bufferNotes) look(r *run, stats session.Stats, now time.Time) {
	switch {
	case stats.Full:
		b.full = now
		if !b.reported {
			b.reported = true
			r.status.Note("link", "the reader of stdout is too slow and the buffer is full: reading from the socket pauses, nothing is dropped")
		}
	case b.reported && now.Sub(b.full) >= caughtUp:
		b.reported = false
		r.status.Note("link", "the reader of stdout has caught up: the socket is read again")
	}
}
