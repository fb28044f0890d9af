package session

import (
	"context"
	"math"
	"time"
)

// A pace keeps frames apart as their stamps are.
type pace struct {
	speed float64
	stamp func(frame []byte) (time.Time, bool)

	start time.Time // when the first frame came out
	first time.Time // its stamp
	last  time.Time // the stamp before this
}

// backJump is how far stamps may go back and still belong to one recording: a
// service with many hosts does not stamp in perfect order. Further back another
// recording begins.
const backJump = time.Minute

// wait waits until the frame is due and tells whether ctx is still alive.
func (p *pace) wait(ctx context.Context, frame []byte) bool {
	if p.speed <= 0 {
		return true
	}
	at, ok := p.stampOf(frame)
	if !ok {
		return ctx.Err() == nil
	}
	if p.start.IsZero() || at.Before(p.last.Add(-backJump)) {
		p.start, p.first = time.Now(), at
	}
	p.last = at
	return sleep(ctx, time.Until(p.time(at)))
}

// due tells whether the frame after the last one is due already.
func (p *pace) due(frame []byte) bool {
	at, ok := p.stampOf(frame)
	return !ok || !time.Now().Before(p.time(at))
}

// stampOf reads the stamp of a frame; what is no frame has none.
func (p *pace) stampOf(frame []byte) (time.Time, bool) {
	if frame == nil {
		return time.Time{}, false
	}
	return p.stamp(frame)
}

// time is when a frame with that stamp is due.
func (p *pace) time(stamp time.Time) time.Time {
	after := float64(stamp.Sub(p.first)) / p.speed
	return p.start.Add(time.Duration(min(after, math.MaxInt64/2)))
}
