package recording

import (
	"bytes"

	"github.com/restail/restail/decode"
)

// MaxHead is the size in bytes of the largest connection set at the head of a file: that
// of the largest connection map.
const MaxHead = 64 << 20

// Head recognizes the connection set at the head of a file: the connection_info actions
// that a [Writer] repeats there. They may be old, so their times must not count as the
// time of the recording.
type Head struct {
	size int  // of the lines so far
	over bool // the set has ended
}

// Has reports whether an action or record belongs to the set. Call it for every action
// and record of a file, in order, with the size of its line.
func (h *Head) Has(action []byte, size int) bool {
	h.size += size
	h.over = h.over || h.size > MaxHead || string(action) != "connection_info"
	return !h.over
}

// connectionSet keeps the connection map as of the last line. Every further file begins
// with the set: the last connection_info of each connection.
type connectionSet struct {
	decoder *decode.Decoder
	parser  decode.Parser
	action  decode.Action
}

// update updates the map with the lines of a chunk.
func (s *connectionSet) update(c *chunk) {
	if !c.own && !c.changes {
		return
	}
	for line := range bytes.Lines(c.text) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if c.own {
			if own, _ := ParseOwn(line); own.Relinks() {
				s.decoder = decode.New()
			}
		} else if s.parser.Parse(&s.action, line) == nil && s.action.ChangesConnections() {
			s.decoder.Apply(&s.action, c.last)
		}
	}
}

// writeTo writes the set to a file.
func (s *connectionSet) writeTo(f *file) error {
	var line []byte
	for _, connection := range s.decoder.Linked() {
		frame := s.decoder.Frame(connection.Identifier)
		if frame == nil { // it was too large to be kept
			continue
		}
		line = append(append(line[:0], frame...), '\n')
		if err := f.write(line); err != nil {
			return err
		}
	}
	return nil
}
