package filter

import (
	"encoding/json"
	"math/big"
)

// Output is one output of a program that is neither false nor null.
type Output struct {
	// Record is set when the output is true or the unchanged record: the caller
	// writes the record.
	Record bool
	// Value is what the caller writes otherwise: a string, an int, a float64, a *big.Int,
	// a json.Number, a []any or a map[string]any. nil and bools occur only inside
	// the last two. It must not be changed, and is valid until emit returns. It
	// is at most 10,000 levels deep and about 64 MiB large.
	Value any
}

// output passes one output of the program, which is not null, to emit, unless it is
// false.
func (p *Program) output(v any, emit func(Output) error) error {
	switch v := v.(type) {
	case bool:
		if !v {
			return nil
		}
		return emit(Output{Record: true})
	case map[string]any:
		if p.object.is(v) {
			return emit(Output{Record: true})
		}
	}
	if !writable(v) {
		return &Error{Message: "an output is larger than 64 MiB or deeper than 10,000 levels"}
	}
	return emit(Output{Value: v})
}

const (
	// maxOutput limits the size of an output, in bytes: those of its strings,
	// and 16 for each value.
	maxOutput = 64 << 20
	// maxDepth limits its depth to what encoding/json can read.
	maxDepth = 10_000
)

// writable reports whether an output is within the limits. A few steps can make an
// array that holds another one twice, which holds another one twice, and so on: it
// is small in memory and endless as JSON.
func writable(v any) bool {
	left := maxOutput
	return measure(v, &left, maxDepth)
}

// measure subtracts the size of a value from left, and reports whether left stays
// positive and the value is not deeper than depth.
func measure(v any, left *int, depth int) bool {
	*left -= 16
	switch v := v.(type) {
	case string:
		*left -= len(v)
	case json.Number:
		*left -= len(v)
	case *big.Int:
		*left -= v.BitLen() / 3
	case []any:
		for _, element := range v {
			if depth == 0 || !measure(element, left, depth-1) {
				return false
			}
		}
	case map[string]any:
		for key, member := range v {
			*left -= len(key)
			if depth == 0 || !measure(member, left, depth-1) {
				return false
			}
		}
	}
	return *left >= 0
}
