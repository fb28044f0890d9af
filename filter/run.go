package filter

import (
	"context"
	"fmt"
	"runtime"

	"github.com/restail/restail/decode/record"
)

const (
	// longRun is the number of steps for one record after which the stacks of
	// gojq's run may be large. The next record gets a new run.
	longRun = 1 << 16
	// maxCachedRuns is the number of records after which a program that makes
	// regular expressions from data is compiled again, which empties gojq's cache.
	maxCachedRuns = 1000
)

// Run runs the program on the record, and calls emit with each output before it
// computes the next. frame is the JSON that $raw decodes; it is nil for a record
// without a frame.
//
// The error is one of these:
//
//   - that of ctx or of emit, unchanged
//   - a *[HaltError]: run no further record
//   - an *[Error], which concerns this record only
//
// The outputs before an error count.
//
// ctx stops any program, but only between two operations of gojq.
func (p *Program) Run(ctx context.Context, r *record.Record, frame []byte, emit func(Output) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.identity {
		return emit(Output{Record: true})
	}
	if p.gate != nil && !p.gate(r) {
		return nil
	}
	if p.records++; p.growsCache && p.records > maxCachedRuns {
		if err := p.recompile(); err != nil {
			return err
		}
	}
	p.frame = lazyFrame{frame: frame}
	p.guard.begin(ctx)
	p.feed = feed{next: p.object.fill(r)}
	finished, err := p.emitOutputs(emit)
	if !finished || p.guard.steps > longRun {
		p.results = nil
	}
	if p.guard.stopped == errMemory {
		runtime.GC() // the garbage of this record must not count for the next
	}
	p.frame = lazyFrame{}
	return err
}

// emitOutputs passes the outputs for one record to emit. It reports whether gojq's run
// can continue with the next record; after an error it cannot.
func (p *Program) emitOutputs(emit func(Output) error) (finished bool, err error) {
	if p.results == nil {
		p.results = p.code.RunWithContext(&p.guard, nil, p.values...)
	}
	for {
		v, _ := p.nextOutput()
		switch v := v.(type) {
		case nil:
			if p.feed.empty {
				return true, nil
			}
		case error:
			if p.guard.stopped != nil {
				return false, p.guard.stopped
			}
			return false, p.recordError(v)
		default:
			err = p.output(v, emit)
		}
		if err != nil {
			return false, err
		}
	}
}

// nextOutput returns the next output. A few programs make gojq 0.12.20 panic, such as
// 1 < (label $out | .): that is an error of one record.
func (p *Program) nextOutput() (v any, ok bool) {
	defer func() {
		if broken := recover(); broken != nil {
			v, ok = &Error{Message: visible(fmt.Sprint("gojq failed: ", broken))}, true
		}
	}()
	return p.results.Next()
}

// feed supplies the run with one record at a time.
type feed struct {
	next map[string]any // nil after the run has taken it
	// empty is set when the run has asked for another record, and so has computed
	// all outputs for the last one.
	empty bool
}

// Next implements [gojq.Iter].
func (f *feed) Next() (any, bool) {
	next := f.next
	if f.next = nil; next == nil {
		f.empty = true
		return nil, true
	}
	return next, true
}
