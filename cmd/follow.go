package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/filter"
)

// summaryAfter is how long a run lasts before its end is worth a summary.
const summaryAfter = 10 * time.Second

// following is a run of the pipe, for the signals. ctx is done when it is to end.
type following struct {
	*pipe
	ctx context.Context
}

// isStuck reports whether the run is to end and something may hold it up.
func (f *following) isStuck() bool { return f.ctx.Err() != nil && f.isBusy() }

// follow runs the pipe until the source ends, or --count, --timeout, --idle, a
// signal, the filter or the reader of stdout ends it.
func (r *run) follow(p *pipe, end *endFlags) error {
	start := time.Now()
	ctx, cancel := context.WithCancelCause(r.Context)
	var watchers sync.WaitGroup
	watchers.Go(func() { watchReader(ctx, r.Stdout, func() { cancel(stopped{statusDone}) }) })
	if end.Timeout > 0 {
		timer := time.AfterFunc(time.Duration(end.Timeout), func() { cancel(errTimeout) })
		defer timer.Stop()
	}
	over := make(chan struct{})
	watchers.Go(func() { r.watch(ctx, p, end, cancel, over) })
	if p.backfill != nil {
		watchers.Go(func() { p.backfill.run(ctx) })
	}
	r.following.Store(&following{p, ctx})
	err := p.run(ctx)
	r.following.Store(nil)
	close(over)
	cancel(nil)
	watchers.Wait()
	unrecorded := p.recorder != nil && p.recorder.Close() != nil
	p.saveState()
	if time.Since(start) > summaryAfter {
		r.summary = func() { p.status.Summary(p.counted()) }
	}
	err = p.verdict(err, end)
	if status, _ := exitStatus(err); unrecorded && (err == nil || status == statusDone) {
		return stopped{statusFailed}
	}
	return err
}

// verdict turns what ended the run into an error with its exit status.
func (p *pipe) verdict(err error, end *endFlags) error {
	halt := (*filter.HaltError)(nil)
	switch {
	case errors.Is(err, errCount):
		return stopped{statusDone}
	case errors.As(err, &halt) && halt.Message == "":
		return stopped{halt.Status}
	case halt != nil:
		return &exitError{status: halt.Status, err: err}
	case !errors.Is(err, errTimeout) && !errors.Is(err, errIdle):
		return sourceError(err)
	case end.Count > 0:
		return stopped{statusTimeout}
	case p.live != nil && !p.live.Stats().Up:
		return &exitError{status: statusGivenUp, err: fmt.Errorf("%w while the link was down", err)}
	}
	return stopped{statusDone}
}

// sourceError gives the errors that end a source their exit status.
func sourceError(err error) error {
	if refused := (*session.UnauthorizedError)(nil); errors.As(err, &refused) {
		status := statusUnauthorized
		var knows interface{ ExitStatus() int } // such as a store that cannot be trusted
		if errors.As(refused.Err, &knows) {
			status = knows.ExitStatus()
		}
		return &exitError{status: status, err: err}
	}
	if errors.As(err, new(*session.GivenUpError)) {
		return &exitError{status: statusGivenUp, err: err}
	}
	if wrong := (*recording.FormatError)(nil); errors.As(err, &wrong) {
		return usageError(err, wrong.Hint)
	}
	return err
}

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
