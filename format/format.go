// Package format turns records into lines: ndjson for programs, text for
// people, raw for recordings. It also writes the messages about the run itself,
// which go to stderr (see [Status]).
package format

import "github.com/restail/restail/decode/record"

// A Writer is one output format. It appends whole lines to a buffer of the
// caller, which writes many of them at once. It is not for concurrent use.
type Writer interface {
	// Record appends the line of one action: the record, or for [Raw] the
	// frame. The frame is nil for a link record, which did not come from the
	// wire. Nothing is appended when the format has no line for it. The record
	// and the frame are neither changed nor kept. Raw needs no record: it may
	// be nil.
	Record(dst []byte, r *record.Record, frame []byte) []byte
	// Value appends the line of a filter's output that is not the record
	// itself. v is a gojq value (nil, bool, int, float64, *big.Int,
	// json.Number, string, []any, map[string]any), neither changed nor kept.
	// Raw appends nothing: a recording has the action, which the caller writes
	// with Record, once for all outputs.
	Value(dst []byte, v any) []byte
}
