package recording

import (
	"time"

	"github.com/restail/restail/decode/record"
)

// A Line is a line of a recording that is not an action of the service: one of
// restail's own, or a record of its ndjson output, which has no Kind.
type Line struct {
	Own
	// Record is the record that the line gives: that of ndjson, that of the link,
	// or the event of a message of the chat history. That of other lines has
	// nothing but the time.
	Record record.Record
}

// Action returns the action of the record; nothing where the line gives none.
func (l *Line) Action() []byte { return l.Record.Bytes(record.Action) }

// MovesClock reports whether the time of the line is the service's, as that of an
// action is.
func (l *Line) MovesClock() bool {
	return len(l.Action()) > 0 && string(l.Action()) != KindLink
}

// A LineParser parses lines that are not actions of the service. What its methods
// return is valid until the next call, and holds views of the line.
type LineParser struct {
	records recordParser
	line    Line
}

// Record parses a record of ndjson; nil when the line is none. A record looks like
// an action of the service without a payload, but has a time: call it only for such
// an action. received stands in for a time that is not usable.
func (p *LineParser) Record(line []byte, received time.Time) *Line {
	if !p.records.parse(&p.line.Record, line, received) {
		return nil
	}
	p.line.Own = Own{}
	return &p.line
}

// Own parses a line of restail's own that says something: that of a link has a
// status, that of the history a message. It returns nil for another line. received
// stands in for a time that is not usable.
func (p *LineParser) Own(line []byte, received time.Time) *Line {
	own, ok := ParseOwn(line)
	if !ok {
		return nil
	}
	l := &p.line
	l.Own = own
	l.Record.Reset()
	switch own.Kind {
	case KindHistory:
		return l.history(received)
	case KindLink:
		if own.Status == "" {
			return nil
		}
		p.records.read(line) // it is JSON
		p.records.fill(&l.Record, line)
		l.Record.SetPlain(record.Action, KindLink)
	}
	setTime(&l.Record, own.Time, received)
	return l
}

// MaxHead is how many bytes the connection set at the head of a file may have: as
// many as the connection map.
const MaxHead = 64 << 20

// Head recognizes the connection set at the head of a file. A file that continues
// another one begins with it. It may be old, so that it moves no clock.
type Head struct {
	size int
	over bool
}

// Has reports whether an action or record belongs to the set. Ask it about each of
// a file, in order; size is that of its line.
func (h *Head) Has(action []byte, size int) bool {
	h.size += size
	h.over = h.over || h.size > MaxHead || string(action) != "connection_info"
	return !h.over
}
