package filter

import (
	"slices"

	"github.com/itchyny/gojq"
)

// call interprets a variable, a parameter or a call of a function.
func (u *usage) call(f *gojq.Func, input kinds, s *scope) kinds {
	found := s.find(f.Name, len(f.Args))
	switch {
	case found == nil && f.Name[0] == '$':
		return other // $raw, $ENV or an argument of the command line
	case found == nil:
		return u.builtin(f, input, s)
	case found.function != nil:
		return u.enter(found, f, input, s)
	case found.argument != nil:
		return u.query(found.argument, input, found.home)
	}
	if u.inPaths > 0 {
		u.needWhole(found.values)
	}
	return found.values
}

// enter interprets a call of a function that the program defines. A function
// that calls itself is taken to do anything.
func (u *usage) enter(found *scope, f *gojq.Func, input kinds, s *scope) kinds {
	def := found.function
	if slices.Contains(u.active, def) {
		u.whole = true
		return theRecord | other
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

// builtin interprets a call of a function of jq. One that is not listed here
// is taken to do anything with its input and the outputs of its arguments.
func (u *usage) builtin(f *gojq.Func, input kinds, s *scope) kinds {
	argument := func(i int) kinds { return u.query(f.Args[i], input, s) }
	switch f.Name + "/" + string(rune('0'+min(len(f.Args), 10))) {
	case "empty/0", "halt/0":
		return 0
	case "now/0", "env/0", "infinite/0", "nan/0", "builtins/0", "not/0", "type/0":
		return other
	case "values/0", "nulls/0", "objects/0", "arrays/0", "strings/0", "numbers/0", "booleans/0",
		"iterables/0", "scalars/0":
		return input
	case "select/1":
		argument(0)
		return input
	case "debug/0", "stderr/0":
		u.needWhole(input)
		return input
	case "has/1":
		if name, ok := constant(f.Args[0]); ok {
			u.name(name, input)
			return other
		}
	case "isempty/1":
		argument(0)
		return other
	case "any/2", "all/2":
		u.query(f.Args[1], argument(0), s)
		return other
	case "first/1", "last/1":
		return argument(0)
	case "limit/2", "skip/2", "nth/2":
		u.needWhole(argument(0))
		return argument(1)
	case "pick/1":
		// pick follows the paths of its argument and returns the values there.
		u.inPaths++
		u.needWhole(argument(0))
		u.inPaths--
		return other
	case "error/1", "IN/2":
		for i := range f.Args {
			u.needWhole(argument(i))
		}
		return other
	}
	u.needWhole(input)
	u.inPaths++
	for _, arg := range f.Args {
		u.consume(arg, other, s)
	}
	u.inPaths--
	return other
}
