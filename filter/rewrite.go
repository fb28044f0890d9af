package filter

import (
	"slices"
	"strconv"

	"github.com/itchyny/gojq"
)

// rewrites change the syntax tree of a program before it is compiled, in this order.
// The outputs stay the same, but a product or an index that is too large becomes an
// error. The comment of each function shows the syntax before and after. There, a name
// that begins with _ is hidden: in the code it has a space, so that no program can use it.
var rewrites = [...]func(program *gojq.Query){
	inlineSelect,  // a call of select costs more than an if
	bindFactor,    // so that limitProducts sees the product in *=
	limitProducts, // a string times a number is one step of gojq, and can take gigabytes
	limitIndexes,  // .[1e9] = 0 is one step, and makes an array of that length
	decodeRaw,     // decoding the frame costs more than anything else
	serveRecords,  // starting a run costs more than most programs: one run serves all records
}

// Hidden functions; see [Program.functions]. The underscore hides them from builtins.
const (
	recordsFunc = "_ records" // outputs an object for each record
	rawFunc     = "_ raw"     // returns the decoded frame
	factorsFunc = "_ factors" // returns its arguments as an array, if their product is not too large
	indexFunc   = "_ index"   // returns its argument, if that is not too large for an index
)

// Hidden variables.
const (
	leftFactor  = "$_ left"
	rightFactor = "$_ right"
)

// inlineSelect rewrites every select, unless the program redefines it or empty:
//
//	select(F)	becomes	if F then . else empty end
func inlineSelect(program *gojq.Query) {
	isSelect := func(name string, arguments int) bool { return name == "select" && arguments == 1 }
	redefined := false
	each(program, func(d *gojq.FuncDef) {
		redefined = redefined || isSelect(d.Name, len(d.Args)) || d.Name == "empty" ||
			slices.Contains(d.Args, "empty") || slices.Contains(d.Args, "$empty")
	})
	if redefined {
		return
	}
	each(program, func(t *gojq.Term) {
		if t.Func != nil && isSelect(t.Func.Name, len(t.Func.Args)) {
			t.Type, t.If, t.Func = gojq.TermTypeIf, &gojq.If{Cond: t.Func.Args[0], Then: input(), Else: call("empty")}, nil
		}
	})
}

// bindFactor rewrites every update by a product:
//
//	L *= R	becomes	R as $_right | L |= . * $_right
func bindFactor(program *gojq.Query) {
	each(program, func(q *gojq.Query) {
		if q.Op == gojq.OpUpdateMul {
			product := &gojq.Query{Left: input(), Op: gojq.OpMul, Right: call(rightFactor)}
			bind(q, q.Right, &gojq.Pattern{Name: rightFactor}, &gojq.Query{Left: q.Left, Op: gojq.OpModify, Right: product})
		}
	})
}

// limitProducts rewrites every product so that its factors are checked first:
//
//	L * R	becomes	_factors(L; R) as [$_left, $_right] | $_left * $_right
func limitProducts(program *gojq.Query) {
	var products []*gojq.Query // all of them first, since a rewritten one has a product too
	each(program, func(q *gojq.Query) {
		if q.Op == gojq.OpMul {
			products = append(products, q)
		}
	})
	for _, q := range products {
		factors := &gojq.Pattern{Array: []*gojq.Pattern{{Name: leftFactor}, {Name: rightFactor}}}
		bind(q, call(factorsFunc, q.Left, q.Right), factors, &gojq.Query{Left: call(leftFactor), Op: gojq.OpMul, Right: call(rightFactor)})
	}
}

// limitIndexes rewrites every index and every path so that it is checked first, in a
// program that can assign a value to an element:
//
//	.[E]		becomes	.[_index(E)]
//	setpath(E; V)	becomes	setpath(_index(E); V)
//	getpath(E)	becomes	getpath(_index(E))
func limitIndexes(program *gojq.Query) {
	assigns := false
	each(program, func(q *gojq.Query) { assigns = assigns || q.Op >= gojq.OpAssign })
	each(program, func(f *gojq.Func) { assigns = assigns || f.Name == "setpath" || f.Name == "pick" })
	if !assigns {
		return
	}
	each(program, func(x *gojq.Index) {
		if x.Start != nil && !x.IsSlice && !isSmall(x.Start) {
			x.Start = call(indexFunc, x.Start)
		}
	})
	each(program, func(f *gojq.Func) {
		if (f.Name == "setpath" || f.Name == "getpath") && len(f.Args) > 0 {
			f.Args[0] = call(indexFunc, f.Args[0])
		}
	})
}

// isSmall reports whether an index is a literal that needs no check.
func isSmall(index *gojq.Query) bool {
	if _, ok := stringLiteral(index); ok {
		return true
	}
	t := index.Term
	if t == nil || t.Type != gojq.TermTypeNumber {
		return false
	}
	n, err := strconv.ParseFloat(t.Number, 64)
	return err == nil && n <= maxIndex
}

// decodeRaw rewrites every $raw, so that the frame is decoded when the program
// evaluates it. A program that binds $raw itself, or uses it as an object key, needs
// the variable:
//
//	$raw	becomes	_raw
//	PROGRAM	becomes	_raw as $raw | PROGRAM
func decodeRaw(program *gojq.Query) {
	needsVariable := false
	note := func(namesRaw bool) { needsVariable = needsVariable || namesRaw }
	each(program, func(p *gojq.Pattern) { note(p.Name == "$raw") })
	each(program, func(p *gojq.PatternObject) { note(p.Key == "$raw") })
	each(program, func(kv *gojq.ObjectKeyVal) { note(kv.Key == "$raw") })
	each(program, func(d *gojq.FuncDef) { note(slices.Contains(d.Args, "$raw")) })
	if needsVariable {
		inner := *program
		*program = gojq.Query{}
		bind(program, call(rawFunc), &gojq.Pattern{Name: "$raw"}, &inner)
		return
	}
	each(program, func(f *gojq.Func) {
		if f.Name == "$raw" {
			f.Name = rawFunc
		}
	})
}

// serveRecords makes a program that runs on one record after the other:
//
//	PROGRAM	becomes	_records | if . then PROGRAM end
//
// When there is no next record yet, _records outputs null, which passes the if as it
// is. To [Program.emitOutputs], this null means that the record has no more outputs.
func serveRecords(program *gojq.Query) {
	inner := *program
	run := &gojq.Term{Type: gojq.TermTypeIf, If: &gojq.If{Cond: input(), Then: &inner}}
	*program = gojq.Query{Left: call(recordsFunc), Op: gojq.OpPipe, Right: &gojq.Query{Term: run}}
}

// input returns the query .
func input() *gojq.Query { return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeIdentity}} }

// call returns a call of a function, or a variable.
func call(name string, args ...*gojq.Query) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name, Args: args}}}
}

// bind makes q the query: source as pattern | body.
func bind(q, source *gojq.Query, pattern *gojq.Pattern, body *gojq.Query) {
	q.Left, q.Op, q.Patterns, q.Right = source, gojq.OpPipe, []*gojq.Pattern{pattern}, body
}
