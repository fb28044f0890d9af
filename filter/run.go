package filter

import (
	"context"
	"fmt"
	"runtime"

	"github.com/restail/restail/decode/record"
)

const (
	// longRun is how many steps on one record make the run so fat that it is
	// not kept for the next.
	longRun = 1 << 16
	// hoarding is how many records code that gathers regular expressions
	// serves.
	hoarding = 1000
)

// Run gives the record to the program and hands each output to emit before it
// asks for the next. Frame is the action that $raw decodes; nil for a record
// that no action made. Nothing of the record or the frame is kept.
//
// The error is ctx's or emit's, unchanged, a *[HaltError], after which no
// further record should be run, or an *[Error], which concerns this record only.
// Outputs that emit got before an error remain valid.
//
// ctx stops any program, but only between two operations of gojq.
func (p *Program) Run(ctx context.Context, r *record.Record, frame []byte, emit func(Output) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.constant {
		return emit(Output{Record: true})
	}
	if p.gate != nil && !p.gate(r) {
		return nil
	}
	if p.records++; p.hoards && p.records > hoarding {
		if err := p.recompile(); err != nil {
			return err
		}
	}
	p.action = action{frame: frame}
	p.guard.begin(ctx)
	p.feed = feed{next: p.object.fill(r)}
	finished, err := p.drive(emit)
	if !finished || p.guard.steps > longRun {
		p.results = nil
	}
	if p.guard.stopped == errMemory {
		runtime.GC() // what this record left behind does not count for the next
	}
	p.action = action{}
	return err
}

// drive hands out the outputs for one record. It tells whether the run is
// waiting for the next record.
func (p *Program) drive(emit func(Output) error) (finished bool, err error) {
	if p.results == nil {
		p.results = p.code.RunWithContext(&p.guard, nil, p.values...)
	}
	for {
		v, _ := p.next()
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

// next returns the next output. A few programs make gojq panic, such as
// 1 < (label $out | .) with version 0.12.20: that too concerns one record.
func (p *Program) next() (v any, ok bool) {
	defer func() {
		if broken := recover(); broken != nil {
			v, ok = &Error{Message: visible(fmt.Sprint("gojq fails: ", broken))}, true
		}
	}()
	return p.results.Next()
}

// feed gives the run one record at a time.
type feed struct {
	next map[string]any
	// empty tells that the run asked for more than there is: it is done with
	// the last record.
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
