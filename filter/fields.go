package filter

import (
	"slices"
	"strconv"

	"github.com/itchyny/gojq"

	"github.com/restail/restail/decode/record"
)

// reads is what a program reads of the record.
type reads struct {
	// fields are the fields that the program asks for by name.
	fields []record.Field
	// whole is set when the program may read any field.
	whole bool
	// unknown are the names that the program asks the record for, although no
	// record has such a field.
	unknown []string
}

// readsOf follows the record through the program.
//
// A program that only passes the record on, tests it and asks it for fields by name
// does not need the other fields: when the record itself is an output, Run
// recognizes it. Any other use needs the whole record. So does a program with
// functions of its own, a loop or an assignment.
//
//	select(.amount) | {author, text}  reads amount, author and text
//	select(.text | test("hi"))        reads text
//	.text = "hi", tojson, to_entries  read the whole record
func readsOf(query *gojq.Query) reads {
	a := &analysis{named: map[string]bool{}, variables: map[string]origins{}}
	a.query(query, theRecord)
	result := reads{whole: a.whole, unknown: a.unknown}
	for f := range record.Field(record.Count) {
		if a.named[f.Name()] {
			result.fields = append(result.fields, f)
		}
	}
	return result
}

// origins says what the outputs of an expression can be; 0 for an expression
// without outputs.
type origins uint8

const (
	theRecord origins = 1 << iota // the record itself
	other                         // another value, which does not contain the record unless whole is set
)

// analysis collects what a program does with the record. Its methods visit an
// expression, and return what its outputs can be for what its input can be.
type analysis struct {
	named   map[string]bool // names of fields that the record may be asked for
	unknown []string
	whole   bool
	// variables maps the name of a variable to what it can be. Variables of the
	// same name share an entry.
	variables map[string]origins
	// inPath is set in the arguments of a function that may take paths, such as
	// path($r.text). There, asking for a field of a record that is not the input is
	// an error, whose message quotes the whole record.
	inPath bool
}

// useWhole notes that the program uses values as a whole.
func (a *analysis) useWhole(values origins) {
	if values&theRecord != 0 {
		a.whole = true
	}
}

// name notes that the program asks values for the field of that name.
func (a *analysis) name(name string, values origins) {
	if values&theRecord == 0 {
		return
	}
	a.named[name] = true
	_, known := record.ByName(name)
	if values == theRecord && !known && !slices.Contains(a.unknown, name) {
		a.unknown = append(a.unknown, name)
	}
}

func (a *analysis) query(q *gojq.Query, input origins) origins {
	switch {
	case len(q.FuncDefs) > 0: // see below
	case q.Term != nil:
		return a.term(q.Term, input)
	case q.Op == gojq.OpPipe && len(q.Patterns) == 0:
		return a.query(q.Right, a.query(q.Left, input))
	case q.Op == gojq.OpPipe:
		a.bind(q.Patterns, a.query(q.Left, input))
		return a.query(q.Right, input)
	case q.Op == gojq.OpComma, q.Op == gojq.OpAlt:
		return a.query(q.Left, input) | a.query(q.Right, input)
	case q.Op == gojq.OpAnd, q.Op == gojq.OpOr:
		a.query(q.Left, input)
		a.query(q.Right, input)
		return other
	case q.Op >= gojq.OpAdd && q.Op <= gojq.OpLe:
		a.consume(q.Left, input)
		a.consume(q.Right, input)
		return other
	}
	// Functions of its own, reduce, assignments: anything is possible.
	a.whole = true
	return theRecord | other
}

// bind binds the variables of a pattern to values. Destructuring needs the whole
// record.
func (a *analysis) bind(patterns []*gojq.Pattern, values origins) {
	if name := patterns[0].Name; name != "" && len(patterns) == 1 {
		a.variables[name] |= values
		return
	}
	a.whole = true
}

// consume walks through a query whose outputs are compared, or become part of another
// value.
func (a *analysis) consume(q *gojq.Query, input origins) {
	if q != nil {
		a.useWhole(a.query(q, input))
	}
}

// consumeText walks through the \(…) of a string.
func (a *analysis) consumeText(s *gojq.String, input origins) {
	if s != nil {
		for _, q := range s.Queries {
			a.consume(q, input)
		}
	}
}

func (a *analysis) term(t *gojq.Term, input origins) origins {
	values := a.termWithoutSuffixes(t, input)
	for _, suffix := range t.SuffixList {
		switch {
		case suffix.Index != nil:
			a.index(suffix.Index, values, input)
			values = other
		case suffix.Iter:
			a.useWhole(values)
			values = other
		}
	}
	return values
}

func (a *analysis) termWithoutSuffixes(t *gojq.Term, input origins) origins {
	switch t.Type {
	case gojq.TermTypeIdentity:
		return input
	case gojq.TermTypeNull, gojq.TermTypeTrue, gojq.TermTypeFalse, gojq.TermTypeNumber:
	case gojq.TermTypeIndex:
		a.index(t.Index, input, input)
	case gojq.TermTypeFunc:
		return a.call(t.Func, input)
	case gojq.TermTypeObject:
		for _, kv := range t.Object.KeyVals {
			a.member(kv, input)
		}
	case gojq.TermTypeArray:
		a.consume(t.Array.Query, input)
	case gojq.TermTypeUnary:
		a.useWhole(a.term(t.Unary.Term, input))
	case gojq.TermTypeString:
		a.consumeText(t.Str, input)
	case gojq.TermTypeFormat:
		if t.Str == nil {
			a.useWhole(input)
		}
		a.consumeText(t.Str, input)
	case gojq.TermTypeIf:
		return a.branches(t.If, input)
	case gojq.TermTypeTry:
		values := a.query(t.Try.Body, input)
		if t.Try.Catch != nil {
			values |= a.query(t.Try.Catch, other) // the input is a message
		}
		return values
	case gojq.TermTypeQuery:
		return a.query(t.Query, input)
	default:
		a.whole = true
		return theRecord | other
	}
	return other
}

// index walks through .name, ."name" or .[…] of values, where . is the input.
func (a *analysis) index(x *gojq.Index, values, input origins) {
	name, ok := x.Name, x.Name != ""
	if x.Str != nil && x.Str.Queries == nil {
		name, ok = x.Str.Str, true
	} else if x.Start != nil && !x.IsSlice {
		name, ok = stringLiteral(x.Start)
	}
	if ok {
		a.name(name, values)
		return
	}
	a.useWhole(values)
	a.consumeText(x.Str, input)
	a.consume(x.Start, input)
	a.consume(x.End, input)
}

// member walks through one key and value of an object.
func (a *analysis) member(kv *gojq.ObjectKeyVal, input origins) {
	a.consume(kv.KeyQuery, input)
	a.consumeText(kv.KeyString, input)
	switch {
	case kv.Val != nil:
		a.consume(kv.Val, input)
	case kv.KeyString != nil && kv.KeyString.Queries != nil:
		a.useWhole(input)
	case kv.KeyString != nil:
		a.name(kv.KeyString.Str, input)
	case kv.Key[0] == '$':
		a.useWhole(a.variables[kv.Key])
	default:
		a.name(kv.Key, input)
	}
}

func (a *analysis) branches(t *gojq.If, input origins) origins {
	a.query(t.Cond, input)
	values := a.query(t.Then, input)
	for _, elif := range t.Elif {
		a.query(elif.Cond, input)
		values |= a.query(elif.Then, input)
	}
	if t.Else == nil {
		return values | input
	}
	return values | a.query(t.Else, input)
}

// call walks through a variable or a call of a function. A function that is not
// listed may do anything with its input.
func (a *analysis) call(f *gojq.Func, input origins) origins {
	if f.Name[0] == '$' {
		values, bound := a.variables[f.Name]
		if !bound {
			return other // $raw, $ENV, or from --arg
		}
		if a.inPath {
			a.useWhole(values)
		}
		return values
	}
	switch f.Name + "/" + strconv.Itoa(len(f.Args)) {
	case "empty/0", "halt/0":
		return 0
	case "not/0", "type/0", "now/0", "env/0":
		return other
	case "select/1":
		a.query(f.Args[0], input)
		return input
	case "has/1":
		if name, ok := stringLiteral(f.Args[0]); ok {
			a.name(name, input)
			return other
		}
	case "any/2", "all/2":
		a.query(f.Args[1], a.query(f.Args[0], input))
		return other
	case "IN/2":
		a.consume(f.Args[0], input)
		a.consume(f.Args[1], input)
		return other
	}
	a.useWhole(input)
	outer := a.inPath
	a.inPath = true
	for _, arg := range f.Args {
		a.consume(arg, other)
	}
	a.inPath = outer
	return other
}
