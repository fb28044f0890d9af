package filter

import (
	"github.com/itchyny/gojq"

	"github.com/restail/restail/decode/record"
)

// gate reports whether a program has to run on a record. It is false only when the
// program begins with a select that drops the record without an error. Most
// programs drop most records this way.
type gate func(r *record.Record) bool

// gateOf returns the gate of a program that begins with select(COND), where
// COND consists of comparisons .field == "string", else nil.
func gateOf(query *gojq.Query) gate {
	for query.Term == nil && query.Op == gojq.OpPipe && len(query.Patterns) == 0 && len(query.FuncDefs) == 0 {
		query = query.Left
	}
	t := query.Term
	if t == nil || t.Type != gojq.TermTypeFunc || len(t.SuffixList) > 0 || len(query.FuncDefs) > 0 ||
		t.Func.Name != "select" || len(t.Func.Args) != 1 {
		return nil
	}
	return conditionGate(t.Func.Args[0])
}

// conditionGate returns a gate that is false only when the condition is false
// without an error. The left side of an and is enough: when it is false, jq does not
// evaluate the right side.
func conditionGate(cond *gojq.Query) gate {
	if t := cond.Term; t != nil && t.Type == gojq.TermTypeQuery && len(t.SuffixList) == 0 {
		return conditionGate(t.Query)
	}
	if len(cond.FuncDefs) > 0 {
		return nil
	}
	switch cond.Op {
	case gojq.OpEq:
		if equals := equalityGate(cond.Left, cond.Right); equals != nil {
			return equals
		}
		return equalityGate(cond.Right, cond.Left)
	case gojq.OpAnd:
		return conditionGate(cond.Left)
	case gojq.OpOr:
		left, right := conditionGate(cond.Left), conditionGate(cond.Right)
		if left == nil || right == nil {
			return nil
		}
		return func(r *record.Record) bool { return left(r) || right(r) }
	}
	return nil
}

// equalityGate returns the gate of a comparison of a field with a string, or
// nil when the field is not one that holds a string.
func equalityGate(field, value *gojq.Query) gate {
	want, ok := stringLiteral(value)
	t := field.Term
	if !ok || t == nil || t.Type != gojq.TermTypeIndex || len(t.SuffixList) > 0 || len(field.FuncDefs) > 0 {
		return nil
	}
	f, ok := record.ByName(t.Index.Name)
	if kind := record.Fields[f].Kind; !ok || kind != record.String && kind != record.ID {
		return nil
	}
	return func(r *record.Record) bool { return r.Has(f) && string(r.Bytes(f)) == want }
}
