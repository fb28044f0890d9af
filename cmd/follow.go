package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/filter"
	"github.com/restail/restail/format"
)

// summaryAfter is how long a run must last to end with a summary line.
const summaryAfter = 10 * time.Second

// errTimeout and errIdle cancel a run at --timeout and --idle.
var (
	errTimeout = errors.New("--timeout ran out")
	errIdle    = errors.New("--idle ran out")
)

// activePipe is the pipe that is running, for the signal handler. ctx is done when
// the run is to end.
type activePipe struct {
	*pipe
	ctx context.Context
}

// isStuck reports whether the run is to end but the loop is still in a write or in the
// filter.
func (a *activePipe) isStuck() bool { return a.ctx.Err() != nil && a.isBusy() }

// follow runs the pipe until the source ends, or --count, --timeout, --idle, a
// signal, the filter or the reader of stdout ends it.
func (r *run) follow(p *pipe) error {
	start := time.Now()
	ctx, cancel := context.WithCancelCause(r.Context)
	var watchers sync.WaitGroup
	watchers.Go(func() { watchReader(ctx, r.Stdout, func() { cancel(silentExit{statusDone}) }) })
	if p.end.Timeout > 0 {
		timer := time.AfterFunc(time.Duration(p.end.Timeout), func() { cancel(errTimeout) })
		defer timer.Stop()
	}
	ended := make(chan struct{})
	watchers.Go(func() { r.watch(ctx, p, cancel, ended) })
	if backfill := p.extras.backfill; backfill != nil {
		watchers.Go(func() { backfill.Run(ctx) })
	}
	r.active.Store(&activePipe{p, ctx})
	err := p.run(ctx)
	r.active.Store(nil)
	close(ended)
	cancel(nil)
	watchers.Wait()
	unrecorded := p.extras.recorder != nil && p.extras.recorder.Close() != nil
	p.extras.saveState()
	if time.Since(start) > summaryAfter {
		r.summary = func() { p.status.Summary(p.snapshot()) }
	}
	err = p.endError(err)
	if status, _ := exitStatus(err); unrecorded && (err == nil || status == statusDone) {
		return silentExit{statusFailed}
	}
	return err
}

// endError gives the error that ended the run its exit status.
func (p *pipe) endError(err error) error {
	if halt, ok := errors.AsType[*filter.HaltError](err); ok {
		if halt.Message == "" {
			return silentExit{halt.Status}
		}
		return &exitError{status: halt.Status, err: err}
	}
	switch {
	case errors.Is(err, errCount):
		return silentExit{statusDone}
	case !errors.Is(err, errTimeout) && !errors.Is(err, errIdle):
		return sourceError(err)
	case p.end.Count > 0:
		return silentExit{statusTimeout}
	case p.isDown():
		return &exitError{status: statusGivenUp, err: fmt.Errorf("%w while the link was down", err)}
	}
	return silentExit{statusDone}
}

// isDown reports whether the link, or the API of the chat history, is down.
func (p *pipe) isDown() bool {
	switch source := p.source.(type) {
	case *chatHistory:
		return !source.client.IsUp()
	case show:
		return source.isDown()
	}
	return p.live != nil && !p.live.Stats().Up
}

// sourceError gives the error that ended a source its exit status.
func sourceError(err error) error {
	if refused, ok := errors.AsType[*session.UnauthorizedError](err); ok {
		status := statusUnauthorized
		if e, ok := errors.AsType[statusError](refused.Err); ok { // such as that of a store that cannot be trusted
			status = e.ExitStatus()
		}
		return &exitError{status: status, err: err}
	}
	if errors.As(err, new(*session.GivenUpError)) {
		return &exitError{status: statusGivenUp, err: err}
	}
	return recordingError(err)
}

// recordingError turns the error for a file that is not a recording into a usage error.
func recordingError(err error) error {
	if wrong, ok := errors.AsType[*recording.FormatError](err); ok {
		return usageError(err, wrong.Hint)
	}
	return err
}

const (
	// watchEvery is the period of watch.
	watchEvery = 100 * time.Millisecond
	// stuckAfter is how long a run that is to end waits for a reader of stdout that
	// takes nothing, or for the filter.
	stuckAfter = 2 * time.Second
	// caughtUpAfter is how long the buffer must have space before watch reports that
	// the reader has caught up.
	caughtUpAfter = 2 * time.Second
)

// watch runs on a goroutine of its own, because stdout can block the loop. It saves
// the state, ends the run at --idle, and reports when reading from the socket pauses.
// When the run is to end but the loop is stuck, it ends the process. It returns when
// ended is closed.
func (r *run) watch(ctx context.Context, p *pipe, cancel context.CancelCauseFunc, ended <-chan struct{}) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var buffer bufferReporter
	var steps int64          // of stdout and of the filter
	var stuckSince time.Time // when the loop last made progress while the run is to end; zero before
	for {
		var now time.Time
		select {
		case <-ended:
			return
		case now = <-ticker.C:
		}
		p.extras.saveState()
		if ctx.Err() == nil {
			if idle := time.Duration(p.end.Idle); idle > 0 && time.Since(p.out.start)-time.Duration(p.out.lastLine.Load()) >= idle {
				cancel(errIdle)
			}
			if p.live != nil {
				buffer.check(r.status, p.live.Stats(), now)
			}
			continue
		}
		if current := p.steps(); stuckSince.IsZero() || current != steps || !p.isBusy() {
			steps, stuckSince = current, now
		}
		if now.Sub(stuckSince) >= stuckAfter {
			r.exitStuck(p, context.Cause(ctx))
			return
		}
	}
}

// activity shows other goroutines what the loop does, so that they notice when it is
// blocked.
type activity struct {
	busy  atomic.Bool  // in a call that can block
	steps atomic.Int64 // grows with each call, and with progress in it
}

func (a *activity) begin() {
	a.steps.Add(1)
	a.busy.Store(true)
}

func (a *activity) end() { a.busy.Store(false) }

// isBusy reports whether the loop is in a write, or in a program that cannot be
// interrupted.
func (p *pipe) isBusy() bool { return p.out.activity.busy.Load() || p.filter.activity.busy.Load() }

// steps changes whenever the loop makes progress in a write or in the filter.
func (p *pipe) steps() int64 { return p.out.activity.steps.Load() + p.filter.activity.steps.Load() }

// exitStuck ends the process and reports how many lines were not written.
func (r *run) exitStuck(p *pipe, cause error) {
	reason := "the reader of stdout takes nothing"
	if !p.out.activity.busy.Load() {
		reason = "the filter does not end"
	}
	// A count is reached only when its lines are written, and here they are not.
	if endedBy := p.endedBy.Load(); endedBy != nil && !errors.Is(*endedBy, errCount) {
		cause = *endedBy
	}
	unwritten := fmt.Sprintf("%d lines", p.out.collected.Load()-p.out.written.Load())
	if n := p.snapshot().Queued; n > 0 {
		unwritten += fmt.Sprintf(" and the output of %d waiting actions", n)
	}
	err := p.endError(cause)
	status, hint := exitStatus(err)
	if !errors.As(err, new(silentExit)) {
		r.status.Error(err.Error(), hint)
	}
	r.status.Error(reason+": "+unwritten+" were not written", "")
	p.extras.recorder.closeWithin(stuckAfter)
	r.exit(status)
}

// bufferReporter reports when reading from the socket pauses because the buffer is
// full, and when the reader has caught up.
type bufferReporter struct {
	reported bool
	full     time.Time // when the buffer was last full
}

// check reports the start and the end of a pause, once each. Call it regularly.
func (b *bufferReporter) check(status *format.Status, stats session.Stats, now time.Time) {
	switch {
	case stats.Full:
		b.full = now
		if !b.reported {
			b.reported = true
			status.Note("link", "the reader of stdout is too slow and the buffer is full: reading from the socket pauses, nothing is dropped")
		}
	case b.reported && now.Sub(b.full) >= caughtUpAfter:
		b.reported = false
		status.Note("link", "the reader of stdout has caught up: reading from the socket continues")
	}
}

// handleSignals cancels the run at the first stop signal. It ends the process at the
// second one, or at the first one if the run is already stuck. It prints the table for
// the table signals, reopens the recording at SIGHUP, and passes SIGCONT on. It
// returns at the end of the run.
func (r *run) handleSignals(cancel context.CancelCauseFunc) {
	for stopping := false; ; {
		select {
		case <-r.ended:
			return
		case s := <-r.Signals:
			status, stop := stopSignals[s]
			switch active := r.active.Load(); {
			case s == syscall.SIGHUP && active != nil && active.extras.recorder != nil:
				active.extras.recorder.Reopen()
			case stop && (stopping || active != nil && active.isStuck()):
				r.exit(status)
				return
			case stop:
				stopping = true
				cancel(silentExit{status})
			case s == resumeSignal:
				select {
				case r.resumed <- struct{}{}:
				default:
				}
			case slices.Contains(tableSignals, s) && active != nil:
				active.status.Table(active.decoder.Linked(), active.snapshot())
			}
		}
	}
}

// exit ends the process. It gives a write to stdout, the recording and stderr a moment to
// finish.
func (r *run) exit(status int) {
	if active := r.active.Load(); active != nil {
		active.out.stopWriting()
		active.extras.recorder.closeWithin(lastWriteTimeout)
	}
	r.stderr.flush(stderrWait)
	r.Exit(status)
}
