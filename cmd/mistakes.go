package cmd

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// maxMistakes bounds the memory for messages, which may quote chat text:
// beyond it they are only counted.
const maxMistakes = 1000

// mistakes are the errors of a filter that were shown.
type mistakes struct {
	shown map[string]bool
	muted bool // there were too many
}

// show shows the error that the filter made of a record, each distinct message
// once.
func (m *mistakes) show(status *format.Status, message string, r *record.Record) {
	if m.shown == nil {
		m.shown = map[string]bool{}
	}
	switch {
	case m.shown[message], m.muted:
	case len(m.shown) < maxMistakes:
		m.shown[message] = true
		status.Filter(message, r)
	default:
		m.muted = true
		status.Filter("too many different errors to show: from here on they are only counted", nil)
	}
}
