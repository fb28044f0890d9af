// Package format turns records into lines: ndjson for programs, text for
// people, raw for recordings; and it writes the lines about the run itself,
// which go to stderr (see [Status]).
package format

import "github.com/restail/restail/decode/record"

// A Writer is one output format. It appends to a buffer of the caller's, so
// that whole batches leave in one write; what it appends is whole lines. It is
// not for concurrent use.
type Writer interface {
	// Record appends the line of one action: the record, or for [Raw] the
	// frame. The frame is nil for news of the link, which no wire carried.
	// Nothing is appended when the format has no line for it. The record and
	// the frame are only read, and not kept. Raw takes nil for the record of
	// an action, so that nobody has to make one.
	Record(dst []byte, r *record.Record, frame []byte) []byte
	// Value appends the line of one output of a filter that is not the record
	// itself: a value as gojq has them (nil, bool, int, float64, *big.Int,
	// json.Number, string, []any, map[string]any), only read, and not kept.
	// Raw has no line for it: whatever a filter puts out, a recording has the
	// action, once, and it is the caller who writes it with Record.
	Value(dst []byte, v any) []byte
}
