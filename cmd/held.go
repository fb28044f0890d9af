package cmd

import (
	"iter"
	"time"
)

const (
	heldNews = "the reader of stdout is too slow and the buffer is full: the socket is held back, nothing is dropped"
	overNews = "the reader of stdout has caught up: the socket is read again"
)

// heldOver is for how long a reader has to keep up until that is told: one
// that stops and goes is one story, not hundreds.
const heldOver = 2 * time.Second

// tellHeld tells when the socket is held back for a slow reader, and when that
// is over, as long as held goes on.
func tellHeld(held iter.Seq[bool], tell func(string)) {
	over := startLater(func() { tell(overNews) })
	defer over.Stop()
	for now := range held {
		if !now {
			over.Reset(heldOver)
		} else if goesOn := over.Stop(); !goesOn {
			tell(heldNews)
		}
	}
}
