package filter

import (
	"slices"

	"github.com/itchyny/gojq"
)

// call is a variable, an argument or a function.
func (u *usage) call(f *gojq.Func, input bool, s *scope) bool {
	found := s.find(f.Name, len(f.Args))
	switch {
	case found == nil && f.Name[0] == '$':
		return false // of the options
	case found == nil:
		return u.builtin(f, input, s)
	case found.function != nil:
		return u.enter(found, f, input, s)
	case found.argument != nil:
		return u.query(found.argument, input, found.home)
	}
	u.needWhole(found.isRecord && u.inPaths > 0)
	return found.isRecord
}

// enter is a call of a function that the program defines. What a function that
// calls itself does is left open: it may do anything.
func (u *usage) enter(found *scope, f *gojq.Func, input bool, s *scope) bool {
	def := found.function
	if slices.Contains(u.active, def) {
		u.whole = true
		return true
	}
	u.active = append(u.active, def)
	defer func() { u.active = u.active[:len(u.active)-1] }()
	inner := found
	for i, name := range def.Args {
		if name[0] == '$' {
			inner = inner.variable(name, u.query(f.Args[i], input, s))
			name = name[1:]
		}
		inner = &scope{outer: inner, name: name, argument: f.Args[i], home: s}
	}
	return u.query(def.Body, input, inner)
}

// builtin is a call of a function of jq's. Those that are not listed here may
// do anything with their input and with what their arguments give.
func (u *usage) builtin(f *gojq.Func, input bool, s *scope) bool {
	argument := func(i int) bool { return u.query(f.Args[i], input, s) }
	switch f.Name + "/" + string(rune('0'+min(len(f.Args), 10))) {
	case "empty/0", "now/0", "env/0", "infinite/0", "nan/0", "halt/0", "builtins/0",
		"not/0", "type/0":
		return false
	case "values/0", "nulls/0", "objects/0", "arrays/0", "strings/0", "numbers/0", "booleans/0",
		"iterables/0", "scalars/0":
		return input
	case "select/1":
		argument(0)
		return input
	case "has/1":
		if name, ok := constant(f.Args[0]); ok {
			u.name(name, input)
			return false
		}
	case "isempty/1":
		argument(0)
		return false
	case "any/2", "all/2":
		u.query(f.Args[1], argument(0), s)
		return false
	case "first/1", "last/1":
		return argument(0)
	case "limit/2", "skip/2", "nth/2":
		u.needWhole(argument(0))
		return argument(1)
	case "pick/1":
		// It goes where its argument goes, and gives what is there.
		u.inPaths++
		u.needWhole(argument(0))
		u.inPaths--
		return false
	case "error/1", "IN/2":
		for i := range f.Args {
			u.needWhole(argument(i))
		}
		return false
	}
	u.needWhole(input)
	u.inPaths++
	for _, arg := range f.Args {
		u.consume(arg, false, s)
	}
	u.inPaths--
	return false
}
