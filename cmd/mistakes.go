package cmd

import (
	"hash/maphash"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// maxMistakes bounds how many different messages are shown and remembered:
// further ones are only counted.
const maxMistakes = 1000

// mistakes are the errors of a filter that were shown.
type mistakes struct {
	seed  maphash.Seed
	shown map[uint64]bool // by the hash of the message, which can quote a whole frame
	muted bool            // there were too many
}

// show shows the error that the filter made of a record, each distinct message
// once.
func (m *mistakes) show(status *format.Status, message string, r *record.Record) {
	if m.shown == nil {
		m.seed, m.shown = maphash.MakeSeed(), map[uint64]bool{}
	}
	hash := maphash.String(m.seed, message)
	switch {
	case m.shown[hash], m.muted:
	case len(m.shown) < maxMistakes:
		m.shown[hash] = true
		status.Filter(message, r)
	default:
		m.muted = true
		status.Filter("too many different errors to show: from here on they are only counted", nil)
	}
}
