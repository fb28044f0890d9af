package filter

import (
	"reflect"
	"slices"

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
