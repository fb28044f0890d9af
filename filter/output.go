package filter

import (
	"encoding/json"
	"math/big"
)

// Output is one output of a program that is neither false nor null.
type Output struct {
	// Record tells that the record itself stands: the program said true, or
	// gave the record as it came.
	Record bool
	// Value is what stands in its place otherwise: a string, an int, a float64,
	// a *big.Int, a json.Number (an exact literal), a []any or a
	// map[string]any; nil and bools only inside of those. It must not be
	// changed, and is valid until emit returns. It is at most 10,000 deep and
	// some 64 MiB large.
	Value any
}

// output hands out what the program gave.
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
		return &Error{Message: "an output is too large or too deep to be written"}
	}
	return emit(Output{Value: v})
}

const (
	// maxOutput is how large an output may be, in bytes of its strings and of
	// the words of memory that hold its values.
	maxOutput = 64 << 20
	// maxDepth is how deep it may be: what the standard library reads.
	maxDepth = 10_000
)

// writable tells whether an output can be written. A few steps are enough to
// make a value that holds another twice, which holds another twice: small in
// memory, and endless as JSON.
func writable(v any) bool {
	left := maxOutput
	return measure(v, &left, maxDepth)
}

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
