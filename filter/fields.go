package filter

import (
	"slices"

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
// As long as the program only passes the record on, tests it and asks it for
// fields by name, it does not need the other fields: where the record itself
// comes out again, Run recognizes it. Anything else (.[], keys, ==, an element
// of an array, a function that builtin does not know) needs the whole record.
func readsOf(query *gojq.Query) reads {
	u := &usage{budget: 10_000, named: map[string]bool{}}
	u.query(query, theRecord, nil)
	result := reads{whole: u.whole, unknown: u.unknown}
	for f := range record.Field(record.Count) {
		if u.named[f.Name()] {
			result.fields = append(result.fields, f)
		}
	}
	return result
}

// kinds is the set of what the outputs of an expression can be; it is empty
// for an expression without outputs.
type kinds uint8

const (
	theRecord kinds = 1 << iota // the record itself
	other                       // another value, which does not contain the record unless whole is set
)

// usage gathers what a program does with the record. Its methods interpret the
// program, but compute kinds in place of values.
type usage struct {
	named   map[string]bool // names that a value was asked for which may be the record
	unknown []string
	whole   bool
	budget  int // how many queries are still interpreted: a function is interpreted at every call
	active  []*gojq.FuncDef
	// inPaths counts the enclosing expressions that may be path expressions. In
	// a path expression it is an error to ask a record that is not the input
	// for a field, and the message quotes the record.
	inPaths int
}

// needWhole notes that values are used as a whole.
func (u *usage) needWhole(values kinds) {
	if values&theRecord != 0 {
		u.whole = true
	}
}

// name notes that values are asked for the field of that name.
func (u *usage) name(name string, values kinds) {
	if values&theRecord == 0 {
		return
	}
	u.named[name] = true
	_, known := record.ByName(name)
	if values == theRecord && !known && !slices.Contains(u.unknown, name) {
		u.unknown = append(u.unknown, name)
	}
}

// scope is a linked list of names, the innermost first.
type scope struct {
	outer *scope
	name  string // with its $, for a variable
	// values is what a variable holds.
	values kinds
	// function is set for a function, argument for a parameter that is not a
	// variable; both are nil for a variable.
	function *gojq.FuncDef
	argument *gojq.Query
	// home is the scope of the argument.
	home *scope
}

func (s *scope) variable(name string, values kinds) *scope {
	return &scope{outer: s, name: name, values: values}
}

// find looks up a variable, a parameter, or a function with that many
// arguments. It returns nil for what the program does not define.
func (s *scope) find(name string, arguments int) *scope {
	for ; s != nil; s = s.outer {
		if s.name == name && (s.function == nil && arguments == 0 || s.function != nil && len(s.function.Args) == arguments) {
			return s
		}
	}
	return nil
}

// query returns the kinds of the outputs of q.
func (u *usage) query(q *gojq.Query, input kinds, s *scope) kinds {
	if u.budget--; u.budget < 0 || q == nil {
		u.whole = true
		return theRecord | other
	}
	for _, def := range q.FuncDefs {
		s = &scope{outer: s, name: def.Name, function: def}
	}
	if q.Term != nil {
		return u.term(q.Term, input, s)
	}
	switch q.Op {
	case gojq.OpPipe:
		left := u.query(q.Left, input, s)
		if len(q.Patterns) == 0 {
			return u.query(q.Right, left, s)
		}
		return u.query(q.Right, input, u.patterns(q.Patterns, left, s))
	case gojq.OpComma, gojq.OpAlt:
		return u.query(q.Left, input, s) | u.query(q.Right, input, s)
	case gojq.OpAnd, gojq.OpOr:
		u.query(q.Left, input, s)
		u.query(q.Right, input, s)
		return other
	}
	left, right := input, input
	switch q.Op {
	case gojq.OpModify:
		u.needWhole(input)
		left, right = input|other, other
	case gojq.OpAssign, gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul,
		gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt:
		u.needWhole(input)
		left = input | other // a field that is assigned need not exist
	}
	u.inPaths++
	u.consume(q.Left, left, s)
	u.consume(q.Right, right, s)
	u.inPaths--
	return other
}

// consume interprets a query whose outputs become part of another value.
func (u *usage) consume(q *gojq.Query, input kinds, s *scope) {
	if q != nil {
		u.needWhole(u.query(q, input, s))
	}
}

func (u *usage) term(t *gojq.Term, input kinds, s *scope) kinds {
	values := u.termWithoutSuffixes(t, input, s)
	for _, suffix := range t.SuffixList {
		switch {
		case suffix.Index != nil:
			u.index(suffix.Index, values, input, s)
			values = other
		case suffix.Iter:
			u.needWhole(values)
			values = other
		}
	}
	return values
}

func (u *usage) termWithoutSuffixes(t *gojq.Term, input kinds, s *scope) kinds {
	switch t.Type {
	case gojq.TermTypeIdentity:
		return input
	case gojq.TermTypeRecurse:
		u.needWhole(input)
	case gojq.TermTypeIndex:
		u.index(t.Index, input, input, s)
	case gojq.TermTypeFunc:
		return u.call(t.Func, input, s)
	case gojq.TermTypeObject:
		for _, kv := range t.Object.KeyVals {
			u.member(kv, input, s)
		}
	case gojq.TermTypeArray:
		u.consume(t.Array.Query, input, s)
	case gojq.TermTypeUnary:
		u.needWhole(u.term(t.Unary.Term, input, s))
	case gojq.TermTypeFormat:
		if t.Str == nil {
			u.needWhole(input)
		}
		u.text(t.Str, input, s)
	case gojq.TermTypeString:
		u.text(t.Str, input, s)
	case gojq.TermTypeIf:
		return u.branches(t.If, input, s)
	case gojq.TermTypeTry:
		// The caught value is a message, never the record: an error about the
		// record as a whole needs the whole record.
		values := u.query(t.Try.Body, input, s)
		if t.Try.Catch != nil {
			values |= u.query(t.Try.Catch, other, s)
		}
		return values
	case gojq.TermTypeReduce:
		r := t.Reduce
		return u.loop(r.Query, r.Patterns, r.Start, r.Update, nil, input, s)
	case gojq.TermTypeForeach:
		f := t.Foreach
		return u.loop(f.Query, f.Patterns, f.Start, f.Update, f.Extract, input, s)
	case gojq.TermTypeLabel:
		return u.query(t.Label.Body, input, s)
	case gojq.TermTypeQuery:
		return u.query(t.Query, input, s)
	}
	return other
}

// index interprets .name, ."name" or .[…] of values, where . is the input.
func (u *usage) index(x *gojq.Index, values, input kinds, s *scope) {
	switch {
	case x.Name != "":
		u.name(x.Name, values)
		return
	case x.Str != nil && x.Str.Queries == nil:
		u.name(x.Str.Str, values)
		return
	case x.Start != nil && !x.IsSlice:
		if name, ok := constant(x.Start); ok {
			u.name(name, values)
			return
		}
	}
	u.needWhole(values)
	u.text(x.Str, input, s)
	u.consume(x.Start, input, s)
	u.consume(x.End, input, s)
}

// text interprets the \(…) of a string.
func (u *usage) text(str *gojq.String, input kinds, s *scope) {
	if str == nil {
		return
	}
	for _, q := range str.Queries {
		u.consume(q, input, s)
	}
}

// member interprets one key and value of an object.
func (u *usage) member(kv *gojq.ObjectKeyVal, input kinds, s *scope) {
	var read kinds // by a key without a value
	if kv.Val == nil {
		read = input
	}
	switch {
	case kv.Key != "" && kv.Key[0] == '$':
		u.needWhole(u.call(&gojq.Func{Name: kv.Key}, input, s))
	case kv.KeyQuery != nil:
		u.consume(kv.KeyQuery, input, s)
	case kv.KeyString != nil && kv.KeyString.Queries != nil:
		u.text(kv.KeyString, input, s)
		u.needWhole(read)
	case kv.KeyString != nil:
		u.name(kv.KeyString.Str, read)
	default:
		u.name(kv.Key, read)
	}
	u.consume(kv.Val, input, s)
}

func (u *usage) branches(t *gojq.If, input kinds, s *scope) kinds {
	u.query(t.Cond, input, s)
	values := u.query(t.Then, input, s)
	for _, elif := range t.Elif {
		u.query(elif.Cond, input, s)
		values |= u.query(elif.Then, input, s)
	}
	if t.Else == nil {
		return values | input
	}
	return values | u.query(t.Else, input, s)
}

// loop interprets reduce, or foreach. It interprets the update twice when only
// an earlier update makes the record the state.
func (u *usage) loop(source *gojq.Query, patterns []*gojq.Pattern, start, update, extract *gojq.Query, input kinds, s *scope) kinds {
	state := u.query(start, input, s) | other
	s = u.patterns(patterns, u.query(source, input, s), s)
	if next := state | u.query(update, state, s); next != state {
		state = next
		u.query(update, state, s)
	}
	if extract != nil {
		return u.query(extract, state, s)
	}
	return state
}

// patterns binds the variables of destructuring. With several patterns, a
// variable can come from any of them.
func (u *usage) patterns(patterns []*gojq.Pattern, values kinds, s *scope) *scope {
	if len(patterns) > 1 {
		u.needWhole(values)
		values |= other
	}
	for _, pattern := range patterns {
		s = u.pattern(pattern, values, s)
	}
	return s
}

func (u *usage) pattern(p *gojq.Pattern, values kinds, s *scope) *scope {
	if p.Name != "" {
		return s.variable(p.Name, values)
	}
	if len(p.Array) > 0 {
		u.needWhole(values)
	}
	for _, element := range p.Array {
		s = u.pattern(element, other, s)
	}
	for _, member := range p.Object {
		switch {
		case member.Key != "" && member.Key[0] == '$':
			u.name(member.Key[1:], values)
			s = s.variable(member.Key, other)
		case member.Key != "":
			u.name(member.Key, values)
		case member.KeyString != nil && member.KeyString.Str != "":
			u.name(member.KeyString.Str, values)
		default:
			u.needWhole(values)
			u.text(member.KeyString, values, s)
			u.consume(member.KeyQuery, values, s)
		}
		if member.Val != nil {
			s = u.pattern(member.Val, other, s)
		}
	}
	return s
}
