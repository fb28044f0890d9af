package format

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

// Raw writes the action as the service sent it, byte for byte, one on a line:
// a recording. A frame with line breaks is compacted, so that it is one line.
type Raw struct{}

// Record implements [Writer]. A link record has no line.
func (Raw) Record(dst []byte, _ *record.Record, frame []byte) []byte {
	if frame == nil {
		return dst
	}
	if bytes.IndexByte(frame, '\n') < 0 && bytes.IndexByte(frame, '\r') < 0 {
		dst = append(dst, frame...)
	} else {
		dst = appendCompact(dst, frame)
	}
	return append(dst, '\n')
}

// Value implements [Writer]. It appends nothing: a filter decides whether the
// action is written, not how.
func (Raw) Value(dst []byte, _ any) []byte { return dst }

// appendCompact appends JSON without the white space outside its strings.
func appendCompact(dst, text []byte) []byte {
	inString, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case !inString && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			continue
		}
		dst = append(dst, c)
	}
	return dst
}
