// Package filter selects and reshapes records with a jq program. A record and
// its frame come in; the outputs of the program go out. The package copies what
// it needs: after [Program.Run] the caller may overwrite both.
//
// [Compile] compiles a program once. [Program.Run] runs it on one record after
// the other. No other package uses gojq. A program cannot notice these
// optimizations:
//
//   - It gets an object with only the fields that it reads (fields.go).
//   - It does not run on a record that its first select drops (gate.go).
//   - One run of gojq serves all records (run.go).
//
// A program is rewritten before it is compiled (rewrite.go). A run stops when its
// context ends or when it takes too much memory (guard.go).
package filter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// Options are what a program can see besides the record.
type Options struct {
	// Args are bound as $NAME, in order.
	Args []Arg
	// Environ is the content of $ENV and env, as NAME=VALUE.
	Environ []string
	// Name is the file of the program, for error messages; "" for a program
	// from the command line.
	Name string
	// Debug receives the values of debug, debug(f) and stderr as JSON on one
	// line, which is not safe for a terminal. May be nil.
	Debug func(message string)
}

// Arg is a string that the program sees as $Name.
type Arg struct{ Name, Value string }

// Program is a compiled jq program. It must not be used by several goroutines
// at the same time.
type Program struct {
	source  string
	options Options
	// names and values are the variables of Options.Args.
	names  []string
	values []any
	// identity is set when the only output is always the record itself.
	identity bool
	gate     gate // nil when the program has to run on every record
	// growsCache is set when the program makes regular expressions from data:
	// gojq caches each of them as long as the code is in use.
	growsCache bool

	code    *gojq.Code
	results gojq.Iter // the current run, which waits for a record; nil when none is
	records int       // the number of records that code has seen
	feed    feed
	frame   lazyFrame
	guard   guard
	object  object
	unknown []string // the result of UnknownFields
	// literals may be shown in error messages.
	literals literals
}

// maxSource limits the length of a program in bytes. maxCode limits it without
// comments, white space and the text of strings, since nesting costs stack.
const (
	maxSource = 1 << 20
	maxCode   = 128 << 10
)

// codeSize returns how many bytes of a program are neither comments, nor white
// space, nor the text of strings. The code of an interpolation counts, and each \(
// counts as five bytes.
func codeSize(source string) (size int) {
	inString, inComment := false, false
	var brackets []int // for each open interpolation, the number of open ( in its code
	for i := 0; i < len(source); i++ {
		c, last := source[i], len(brackets)-1
		switch {
		case inComment:
			inComment = c != '\n'
			continue
		case inString && c == '\\':
			if i++; i < len(source) && source[i] == '(' {
				size += len(`"\()"`)
				inString, brackets = false, append(brackets, 0)
			}
			continue
		case c == '"':
			inString = !inString
		case inString, c <= ' ':
			continue
		case c == '#':
			inComment = true
			continue
		case c == '(' && last >= 0:
			brackets[last]++
		case c == ')' && last >= 0 && brackets[last] > 0:
			brackets[last]--
		case c == ')' && last >= 0:
			inString, brackets = true, brackets[:last]
		}
		size++
	}
	return size
}

// byteOrderMark is U+FEFF, which some editors write at the beginning of a file.
const byteOrderMark = "\ufeff"

// Compile compiles jq source. An error about the program is a *[SyntaxError].
func Compile(source string, o Options) (*Program, error) {
	source = strings.TrimPrefix(source, byteOrderMark)
	p := &Program{source: source, options: o}
	p.guard.limit = memoryLimit
	if len(source) > maxSource {
		return nil, fmt.Errorf("the program has %d bytes, the limit is %d", len(source), maxSource)
	}
	if n := codeSize(source); n > maxCode {
		return nil, fmt.Errorf("the program has %d bytes without comments, white space and strings, the limit is %d", n, maxCode)
	}
	if err := CheckArgs(o.Args); err != nil {
		return nil, err
	}
	for _, arg := range o.Args {
		p.names = append(p.names, "$"+arg.Name)
		p.values = append(p.values, strings.ToValidUTF8(arg.Value, "\ufffd"))
	}
	query, err := p.parse()
	if err != nil {
		return nil, err
	}
	p.growsCache = makesPatterns(query)
	p.identity = isIdentity(query)
	p.gate = gateOf(query)
	reads := readsOf(query)
	p.object = newObject(reads.fields, reads.whole)
	p.unknown = reads.unknown
	p.literals = literalsOf(query, p.values)
	return p, p.compile(query)
}

// UnknownFields returns the names of fields that the program reads although no
// record has them: probably a mistake. They are in the order of the program. The
// list can be incomplete, but it has no name that may belong to another value,
// such as $raw.
func (p *Program) UnknownFields() []string { return p.unknown }

// reserved are the names of the variables that jq and restail define.
var reserved = []string{"raw", "ENV", "__loc__"}

// CheckArgs returns an error about the first name that cannot be bound.
func CheckArgs(args []Arg) error {
	known := map[string]bool{}
	for _, arg := range args {
		switch {
		case !isName(arg.Name):
			return fmt.Errorf("invalid variable name %q: want letters, digits and _, and no digit first", arg.Name)
		case slices.Contains(reserved, arg.Name):
			return fmt.Errorf("$%s is predefined: choose another name", arg.Name)
		case known[arg.Name]:
			return fmt.Errorf("$%s is bound twice", arg.Name)
		}
		known[arg.Name] = true
	}
	return nil
}

func isName(s string) bool {
	return s != "" && !('0' <= s[0] && s[0] <= '9') && !strings.ContainsFunc(s, func(r rune) bool {
		return !isWord(r)
	})
}

// parse parses the source. It also rejects mistakes that gojq reports only at run
// time or not at all.
func (p *Program) parse() (*gojq.Query, error) {
	if at := strings.IndexByte(p.source, 0); at >= 0 {
		return nil, p.newSyntaxError("a NUL byte: is this a text file?", at) // gojq would ignore the rest
	}
	query, err := gojq.Parse(p.source)
	if err != nil {
		return nil, p.syntaxError(err)
	}
	if len(query.Imports) > 0 {
		return nil, p.importError()
	}
	if format := unknownFormat(query); format != "" {
		return nil, p.formatError(format)
	}
	return query, nil
}

// compile makes the code that serves all records in one run.
func (p *Program) compile(query *gojq.Query) error {
	for _, rewrite := range rewrites {
		rewrite(query)
	}
	code, err := gojq.Compile(query, append(p.functions(), gojq.WithVariables(p.names))...)
	if err != nil {
		return p.compileError(err)
	}
	p.code, p.results, p.records = code, nil, 0
	return nil
}

// functions returns the functions that a program can call besides those of jq.
// input and modules are not available.
func (p *Program) functions() []gojq.CompilerOption {
	return []gojq.CompilerOption{
		gojq.WithEnvironLoader(p.environ),
		gojq.WithIterFunction(recordsFunc, 0, 0, func(any, []any) gojq.Iter { return &p.feed }),
		gojq.WithFunction(rawFunc, 0, 0, func(any, []any) any { return p.frame.value() }),
		gojq.WithFunction(factorsFunc, 2, 2, func(_ any, factors []any) any { return p.guard.factors(factors[0], factors[1]) }),
		gojq.WithFunction(indexFunc, 1, 1, checkIndex),
		gojq.WithFunction("debug", 0, 0, p.debug),
		gojq.WithFunction("stderr", 0, 0, p.debug),
	}
}

// recompile replaces the code, and with it the regular expressions that gojq
// has cached.
func (p *Program) recompile() error {
	query, err := gojq.Parse(p.source)
	if err != nil {
		return err
	}
	return p.compile(query)
}

func (p *Program) environ() []string {
	entries := make([]string, len(p.options.Environ))
	for i, entry := range p.options.Environ {
		entries[i] = strings.ToValidUTF8(entry, "\ufffd")
	}
	return entries
}

func (p *Program) debug(v any, _ []any) any {
	if p.options.Debug == nil {
		return v
	}
	if !writable(v) {
		p.options.Debug(tooLarge)
	} else if text, err := gojq.Marshal(v); err == nil {
		p.options.Debug(string(text))
	}
	return v
}
