// Package format turns records into lines: ndjson for programs, text for
// people, raw for recordings. Records, frames and outputs of a filter come in;
// the lines are appended to a buffer of the caller. Nothing that comes in is
// changed or kept. The package also writes the messages about the run, which go
// to stderr (see [Status]).
//
// To add a format, write its [Writer] and its row in [Formats].
package format

import "github.com/restail/restail/decode/record"

// Format is an output format.
type Format struct {
	// Name is the value of --format, Meaning describes the format in a few words.
	Name, Meaning string
	// ForPeople reports that the format shows the conversation and the user's
	// clock. Changes of connections and of the link are status lines on stderr then.
	ForPeople bool
	// TakesFields reports that the format writes only [Options.Fields].
	TakesFields bool
	// New returns a writer.
	New func(Options) Writer
}

// Options are the user's choices for all formats.
type Options struct {
	// Fields are the fields to write, in this order; nil for every field.
	Fields []record.Field
	Text   TextOptions
}

// Formats are the output formats. Help, completion and the command line are made
// from this table.
var Formats = []Format{
	{Name: "ndjson", Meaning: "one record a line", TakesFields: true, New: func(o Options) Writer { return NDJSON{Fields: o.Fields} }},
	{Name: "text", Meaning: "one line for people", ForPeople: true, New: func(o Options) Writer { return NewText(o.Text) }},
	{Name: "raw", Meaning: "the action as the service sent it", New: func(Options) Writer { return Raw{} }},
}

// ByName returns the format of that name, nil when there is none.
func ByName(name string) *Format {
	for i := range Formats {
		if Formats[i].Name == name {
			return &Formats[i]
		}
	}
	return nil
}

// A Writer writes one output format. It appends whole lines to a buffer of the
// caller, which writes many of them at once. It is not for concurrent use.
type Writer interface {
	// Record appends the line of one action: the record, or for [Raw] the
	// frame. The frame is nil for a link record, which the service did not
	// send. Record appends nothing when the format has no line for the record. It
	// neither changes nor keeps the record and the frame. For Raw, r may be nil.
	Record(dst []byte, r *record.Record, frame []byte) []byte
	// Value appends the line of a filter's output that is not the record
	// itself. v is a gojq value (nil, bool, int, float64, *big.Int,
	// json.Number, string, []any, map[string]any). Value neither changes nor keeps
	// it. Raw appends nothing: a recording has the action, which the caller writes
	// with Record, once for all outputs.
	Value(dst []byte, v any) []byte
}
