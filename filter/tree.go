package filter

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/itchyny/gojq"
)

// each calls visit for every T in the syntax tree of a program, in the order of
// the source.
func each[T any](query *gojq.Query, visit func(*T)) {
	eachIn(reflect.ValueOf(query), visit)
}

func eachIn[T any](v reflect.Value, visit func(*T)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if node, ok := v.Interface().(*T); ok {
			visit(node)
		}
		eachIn(v.Elem(), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			eachIn(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachIn(v.Index(i), visit)
		}
	}
}

// isIdentity reports whether the program is . or true.
func isIdentity(query *gojq.Query) bool {
	t := query.Term
	return t != nil && len(query.FuncDefs) == 0 && len(t.SuffixList) == 0 &&
		(t.Type == gojq.TermTypeIdentity || t.Type == gojq.TermTypeTrue)
}

// rawUse says when $raw is decoded. Decoding the frame costs more than anything
// else, so it is done as late as possible.
type rawUse int

const (
	rawNone  rawUse = iota // never
	rawLate                // when the program evaluates $raw
	rawEarly               // before the program runs, for a variable
)

// rawUseOf looks for $raw. A program that binds $raw itself, or uses it as an
// object key, needs the variable.
func rawUseOf(query *gojq.Query) rawUse {
	use := rawNone
	each(query, func(f *gojq.Func) {
		if f.Name == "$raw" {
			use = max(use, rawLate)
		}
	})
	earlyIf := func(mentioned bool) {
		if mentioned {
			use = rawEarly
		}
	}
	each(query, func(p *gojq.Pattern) { earlyIf(p.Name == "$raw") })
	each(query, func(p *gojq.PatternObject) { earlyIf(p.Key == "$raw") })
	each(query, func(kv *gojq.ObjectKeyVal) { earlyIf(kv.Key == "$raw") })
	each(query, func(d *gojq.FuncDef) { earlyIf(slices.Contains(d.Args, "$raw")) })
	return use
}

// renameRaw replaces each $raw by a call of the function that decodes it.
func renameRaw(query *gojq.Query) {
	each(query, func(f *gojq.Func) {
		if f.Name == "$raw" {
			f.Name = rawFunc
		}
	})
}

// inlineSelect replaces each select(f) by if f then . else empty end, which is
// faster than the call. A program that redefines select or empty is left alone.
func inlineSelect(query *gojq.Query) {
	isSelect := func(name string, arguments int) bool { return name == "select" && arguments == 1 }
	redefined := false
	each(query, func(d *gojq.FuncDef) {
		redefined = redefined || isSelect(d.Name, len(d.Args)) || d.Name == "empty" ||
			slices.Contains(d.Args, "empty") || slices.Contains(d.Args, "$empty")
	})
	if redefined {
		return
	}
	each(query, func(t *gojq.Term) {
		if t.Func == nil || !isSelect(t.Func.Name, len(t.Func.Args)) {
			return
		}
		t.Type = gojq.TermTypeIf
		t.If = &gojq.If{
			Cond: t.Func.Args[0],
			Then: &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeIdentity}},
			Else: callOf("empty"),
		}
		t.Func = nil
	})
}

// callOf returns a call of a function, or a variable.
func callOf(name string, args ...*gojq.Query) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name, Args: args}}}
}

// Variables that no program can name.
const (
	leftFactor  = "$_ left"
	rightFactor = "$_ right"
)

// limitProducts rewrites every product so that its factors are checked first. A
// string times a large number is one operation of gojq and can take gigabytes.
//
//	L * R	becomes	_ factors(L; R) as [$l, $r] | $l * $r
//	L *= R	becomes	R as $r | L |= . * $r
func limitProducts(query *gojq.Query) {
	var products, updates []*gojq.Query
	each(query, func(q *gojq.Query) {
		switch q.Op {
		case gojq.OpMul:
			products = append(products, q)
		case gojq.OpUpdateMul:
			updates = append(updates, q)
		}
	})
	for _, q := range updates {
		product := &gojq.Query{Op: gojq.OpMul, Left: &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeIdentity}}, Right: callOf(rightFactor)}
		products = append(products, product)
		bind(q, q.Right, &gojq.Pattern{Name: rightFactor}, &gojq.Query{Op: gojq.OpModify, Left: q.Left, Right: product})
	}
	for _, q := range products {
		factors := &gojq.Pattern{Array: []*gojq.Pattern{{Name: leftFactor}, {Name: rightFactor}}}
		bind(q, callOf(factorsFunc, q.Left, q.Right), factors, &gojq.Query{Op: gojq.OpMul, Left: callOf(leftFactor), Right: callOf(rightFactor)})
	}
}

// bind makes q the query: source as pattern | body.
func bind(q, source *gojq.Query, pattern *gojq.Pattern, body *gojq.Query) {
	q.Op, q.Left, q.Patterns, q.Right = gojq.OpPipe, source, []*gojq.Pattern{pattern}, body
}

// limitIndexes rewrites every index and every path so that it is checked first, in a
// program that can assign a value to an element:
//
//	.[E]		becomes	.[_ index(E)]
//	setpath(E; V)	becomes	setpath(_ index(E); V)
func limitIndexes(query *gojq.Query) {
	assigns := false
	each(query, func(q *gojq.Query) { assigns = assigns || q.Op >= gojq.OpAssign })
	each(query, func(f *gojq.Func) { assigns = assigns || f.Name == "setpath" || f.Name == "pick" })
	if !assigns {
		return
	}
	each(query, func(x *gojq.Index) {
		if x.Start != nil && !x.IsSlice && !isSmall(x.Start) {
			x.Start = callOf(indexFunc, x.Start)
		}
	})
	each(query, func(f *gojq.Func) {
		if (f.Name == "setpath" || f.Name == "getpath") && len(f.Args) > 0 {
			f.Args[0] = callOf(indexFunc, f.Args[0])
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

// patternFuncs are the functions whose first argument is a regular expression.
var patternFuncs = []string{"test", "match", "capture", "scan", "split", "splits", "sub", "gsub"}

// makesPatterns reports whether the program has a regular expression that is not
// a string literal.
func makesPatterns(query *gojq.Query) bool {
	found := false
	each(query, func(f *gojq.Func) {
		if slices.Contains(patternFuncs, f.Name) && len(f.Args) > 0 {
			if _, ok := stringLiteral(f.Args[0]); !ok {
				found = true
			}
		}
	})
	return found
}

// stringLiteral returns the string of a query that is a string literal.
func stringLiteral(query *gojq.Query) (string, bool) {
	t := query.Term
	if t == nil || t.Type != gojq.TermTypeString || t.Str.Queries != nil || len(t.SuffixList) > 0 || len(query.FuncDefs) > 0 {
		return "", false
	}
	return t.Str.Str, true
}

// formats are the formats of gojq, which reports an unknown format only when it
// runs.
var formats = []string{"@text", "@json", "@html", "@uri", "@urid", "@csv", "@tsv", "@sh", "@base64", "@base64d"}

// unknownFormat returns the first format of the program that does not exist, or
// "".
func unknownFormat(query *gojq.Query) string {
	unknown := ""
	each(query, func(t *gojq.Term) {
		if t.Type == gojq.TermTypeFormat && unknown == "" && !slices.Contains(formats, t.Format) {
			unknown = t.Format
		}
	})
	return unknown
}
