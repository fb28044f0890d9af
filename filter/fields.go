package filter

import (
	"github.com/itchyny/gojq"

	"github.com/restail/restail/decode/record"
)

// fieldsOf returns the fields of the record that a program can see, and
// whether that is the whole record.
//
// It follows where the record goes through the program. As long as it is only
// passed on, chosen and asked for fields by their names, the others need not
// be there: where the record itself comes out again, it is recognized and
// written as it was. As soon as anything else is done with it (.[], keys, ==,
// an element of an array, an unknown function …), all fields are needed.
func fieldsOf(query *gojq.Query) (fields []record.Field, whole bool) {
	u := &usage{budget: 10_000, named: map[string]bool{}}
	u.query(query, true, nil)
	for f := range record.Field(record.Count) {
		if u.named[f.Name()] {
			fields = append(fields, f)
		}
	}
	return fields, u.whole
}

// usage gathers what a program does with the record.
//
// Its methods walk through the program as it would run. Of a value they know
// only whether it may be the record itself (it is called a record then); no
// other value holds the record, or whole is set.
type usage struct {
	named  map[string]bool
	whole  bool
	budget int // terms that may still be looked at: functions are entered at every call
	active []*gojq.FuncDef
	// inPaths counts the surrounding places that may look for paths. There,
	// asking a record that is not the input for a field is an error, whose
	// message quotes the record.
	inPaths int
}

// needWhole notes that a value is used as a whole.
func (u *usage) needWhole(isRecord bool) {
	if isRecord {
		u.whole = true
	}
}

// scope is a list of names, the innermost first.
type scope struct {
	outer *scope
	name  string // with its $, for a variable
	// isRecord is what a variable holds.
	isRecord bool
	// function is a definition, argument a parameter that is not a variable;
	// neither for a variable.
	function *gojq.FuncDef
	argument *gojq.Query
	// home is where an argument was written.
	home *scope
}

func (s *scope) variable(name string, isRecord bool) *scope {
	return &scope{outer: s, name: name, isRecord: isRecord}
}

// find looks up a variable, or a function with so many arguments.
func (s *scope) find(name string, arguments int) *scope {
	for ; s != nil; s = s.outer {
		if s.name == name && (s.function == nil && arguments == 0 || s.function != nil && len(s.function.Args) == arguments) {
			return s
		}
	}
	return nil
}

// query tells whether an output of q may be the record, when its input is.
func (u *usage) query(q *gojq.Query, input bool, s *scope) bool {
	if u.budget--; u.budget < 0 || q == nil {
		u.whole = true
	}
	if u.whole {
		return true
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
		left := u.query(q.Left, input, s)
		return u.query(q.Right, input, s) || left
	case gojq.OpAnd, gojq.OpOr:
		u.query(q.Left, input, s)
		u.query(q.Right, input, s)
		return false
	case gojq.OpAssign, gojq.OpModify, gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul,
		gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt:
		u.needWhole(input)
	}
	u.inPaths++
	u.consume(q.Left, input, s)
	u.consume(q.Right, input, s)
	u.inPaths--
	return false
}

// consume is query where something is made of the outputs.
func (u *usage) consume(q *gojq.Query, input bool, s *scope) {
	if q != nil {
		u.needWhole(u.query(q, input, s))
	}
}

func (u *usage) term(t *gojq.Term, input bool, s *scope) bool {
	value := u.bare(t, input, s)
	for _, suffix := range t.SuffixList {
		switch {
		case suffix.Index != nil:
			u.index(suffix.Index, value, input, s)
			value = false
		case suffix.Iter:
			u.needWhole(value)
			value = false
		}
	}
	return value
}

// bare is a term without its suffixes.
func (u *usage) bare(t *gojq.Term, input bool, s *scope) bool {
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
		u.needWhole(t.Str == nil && input)
		u.text(t.Str, input, s)
	case gojq.TermTypeString:
		u.text(t.Str, input, s)
	case gojq.TermTypeIf:
		return u.branches(t.If, input, s)
	case gojq.TermTypeTry:
		// What is caught is a message, never the record: an error that
		// concerns the record as a whole needs the whole record.
		body := u.query(t.Try.Body, input, s)
		return t.Try.Catch != nil && u.query(t.Try.Catch, false, s) || body
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
	return false
}

// index is .name, ."name" or .[…] of a value, where . is the input.
func (u *usage) index(x *gojq.Index, value, input bool, s *scope) {
	switch name, ok := "", false; {
	case x.Name != "":
		u.name(x.Name, value)
		return
	case x.Str != nil && x.Str.Queries == nil:
		u.name(x.Str.Str, value)
		return
	case x.Start != nil && !x.IsSlice:
		if name, ok = constant(x.Start); ok {
			u.name(name, value)
			return
		}
	}
	u.needWhole(value)
	u.text(x.Str, input, s)
	u.consume(x.Start, input, s)
	u.consume(x.End, input, s)
}

func (u *usage) name(name string, isRecord bool) {
	if isRecord {
		u.named[name] = true
	}
}

// text is a string with \(…) in it.
func (u *usage) text(str *gojq.String, input bool, s *scope) {
	if str == nil {
		return
	}
	for _, q := range str.Queries {
		u.consume(q, input, s)
	}
}

// member is one key and value of an object.
func (u *usage) member(kv *gojq.ObjectKeyVal, input bool, s *scope) {
	switch {
	case kv.Key != "" && kv.Key[0] == '$':
		u.needWhole(u.call(&gojq.Func{Name: kv.Key}, input, s))
	case kv.KeyQuery != nil:
		u.consume(kv.KeyQuery, input, s)
	case kv.KeyString != nil && kv.KeyString.Queries != nil:
		u.text(kv.KeyString, input, s)
		u.needWhole(kv.Val == nil && input)
	case kv.KeyString != nil:
		u.name(kv.KeyString.Str, kv.Val == nil && input)
	default:
		u.name(kv.Key, kv.Val == nil && input)
	}
	u.consume(kv.Val, input, s)
}

func (u *usage) branches(t *gojq.If, input bool, s *scope) bool {
	u.query(t.Cond, input, s)
	value := u.query(t.Then, input, s)
	for _, elif := range t.Elif {
		u.query(elif.Cond, input, s)
		value = u.query(elif.Then, input, s) || value
	}
	if t.Else == nil {
		return value || input
	}
	return u.query(t.Else, input, s) || value
}

// loop is reduce, or foreach. Once the state may be the record, the update is
// looked at again with it.
func (u *usage) loop(source *gojq.Query, patterns []*gojq.Pattern, start, update, extract *gojq.Query, input bool, s *scope) bool {
	state := u.query(start, input, s)
	s = u.patterns(patterns, u.query(source, input, s), s)
	if next := u.query(update, state, s); next && !state {
		state = true
		u.query(update, state, s)
	}
	if extract != nil {
		return u.query(extract, state, s)
	}
	return state
}

// patterns binds the variables of destructuring. With several patterns, a
// variable can come from any of them.
func (u *usage) patterns(patterns []*gojq.Pattern, value bool, s *scope) *scope {
	u.needWhole(value && len(patterns) > 1)
	for _, pattern := range patterns {
		s = u.pattern(pattern, value, s)
	}
	return s
}

func (u *usage) pattern(p *gojq.Pattern, value bool, s *scope) *scope {
	if p.Name != "" {
		return s.variable(p.Name, value)
	}
	u.needWhole(value && len(p.Array) > 0)
	for _, element := range p.Array {
		s = u.pattern(element, false, s)
	}
	for _, member := range p.Object {
		switch {
		case member.Key != "" && member.Key[0] == '$':
			u.name(member.Key[1:], value)
			s = s.variable(member.Key, false)
		case member.Key != "":
			u.name(member.Key, value)
		case member.KeyString != nil && member.KeyString.Str != "":
			u.name(member.KeyString.Str, value)
		default:
			u.needWhole(value)
			u.text(member.KeyString, value, s)
			u.consume(member.KeyQuery, value, s)
		}
		if member.Val != nil {
			s = u.pattern(member.Val, false, s)
		}
	}
	return s
}
