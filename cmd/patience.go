package cmd

import (
	"context"
	"time"
)

// patient is how long a program may go on with one record after the run was
// told to end: what was received is still to be written, but no program may
// hold up the end for ever.
const patient = time.Second

// patience is what the loop has with the filter.
type patience struct {
	unhurried context.Context // done some time after the loop's; nil until asked for
}

// with returns the context of one run of the program. ctx is always the loop's.
func (p *patience) with(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() != nil {
		return context.WithTimeout(context.WithoutCancel(ctx), patient)
	}
	if p.unhurried == nil {
		unhurried, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p.unhurried = unhurried
		context.AfterFunc(ctx, func() { time.AfterFunc(patient, cancel) })
	}
	return p.unhurried, func() {}
}
