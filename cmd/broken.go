package cmd

import (
	"time"

	"github.com/restail/restail/format"
)

const (
	// maxBroken is the number of broken frames that a run shows. After that, one
	// line per brokenEvery counts the rest.
	maxBroken   = 100
	brokenEvery = time.Minute
)

// brokenFrames reports the frames that are not actions.
type brokenFrames struct {
	shown   int
	waiting int64     // skipped since the last line
	since   time.Time // the last line; once maxBroken were shown, the first frame after them
}

// report reports one frame, or counts it for a later line.
func (b *brokenFrames) report(status *format.Status, err error, frame []byte, now time.Time) {
	if b.shown < maxBroken {
		b.shown++
		status.Frame(err, frame)
		return
	}
	if b.since.IsZero() {
		b.since = now
	}
	b.waiting++
	if now.Sub(b.since) >= brokenEvery {
		b.flush(status)
		b.since = now
	}
}

// flush reports the frames that were counted since the last line. The pipe
// calls it at its end.
func (b *brokenFrames) flush(status *format.Status) {
	if b.waiting > 0 {
		status.MoreFrames(b.waiting)
		b.waiting = 0
	}
}
