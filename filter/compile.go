// Package filter chooses and reshapes records with a jq program. It alone
// knows gojq: a program is compiled once, before anything is contacted, and
// then run on one record after the other.
//
// A record reaches the program as an object with only the fields that the
// program can name (fields.go), and one run of gojq serves all records
// (run.go): both for speed, neither visible to the program.
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
	// Environ is what $ENV and env hold, as NAME=VALUE.
	Environ []string
	// Name is the file that the program came from, for error messages; "" for
	// one from the command line.
	Name string
	// Debug takes what the program gives to debug, debug(f) and stderr: JSON
	// on one line, with whatever control characters JSON leaves alone. With
	// nil it is dropped; the value passes on in any case.
	Debug func(message string)
}

// Arg is a string that the program sees as $Name.
type Arg struct{ Name, Value string }

// Program is a compiled jq program. It is for one goroutine at a time.
type Program struct {
	source  string
	options Options
	// names and values are the variables that every run starts with.
	names  []string
	values []any
	raw    rawUse
	// constant tells that the output is always the record itself.
	constant bool
	gate     gate // nil: every record has to be run
	// hoards tells that the program builds regular expressions from data.
	// gojq keeps every one of them for as long as the code lives.
	hoards bool

	code    *gojq.Code
	results gojq.Iter // the run under way, waiting for a record; nil for none
	records int       // how many the code has seen
	feed    feed
	action  action
	guard   guard
	object  object
	unknown []string // the result of UnknownFields
	// literals may be shown in error messages.
	literals literals
}

// maxSource limits the length of a program: its nesting costs stack.
const maxSource = 128 << 10

// byteOrderMark is how some editors begin a file.
const byteOrderMark = "\ufeff"

// Compile makes a program of jq source. Errors are *[SyntaxError], except for
// what is wrong with the options.
func Compile(source string, o Options) (*Program, error) {
	source = strings.TrimPrefix(source, byteOrderMark)
	p := &Program{source: source, options: o}
	p.guard.limit = memoryLimit
	if len(source) > maxSource {
		return nil, fmt.Errorf("the program is %d bytes long; at most %d are possible", len(source), maxSource)
	}
	for _, arg := range o.Args {
		if err := p.bind(arg); err != nil {
			return nil, err
		}
	}
	query, err := p.parse()
	if err != nil {
		return nil, err
	}
	p.raw = rawUseOf(query)
	p.hoards = buildsPatterns(query)
	p.constant = isConstant(query)
	p.gate = gateOf(query)
	reads := readsOf(query)
	p.object = newObject(reads.fields, reads.whole)
	p.unknown = reads.unknown
	p.literals = literalsOf(query, p.values)
	return p, p.compile(query)
}

// UnknownFields returns the names, in the order of the program, that the
// program asks every record for although no record has a field of that name:
// probably a slip. It misses some, but a name that may be meant for a value of
// the program's own, or for $raw, is not among them.
func (p *Program) UnknownFields() []string { return p.unknown }

// reserved are the variables that a program has already.
var reserved = []string{"raw", "ENV", "__loc__"}

func (p *Program) bind(arg Arg) error {
	name := "$" + arg.Name
	switch {
	case !isName(arg.Name):
		return fmt.Errorf("%q cannot name a variable: a name is letters, digits and _, and does not begin with a digit", arg.Name)
	case slices.Contains(reserved, arg.Name):
		return fmt.Errorf("%s has a meaning already: choose another name than %s", name, strings.Join(reserved, ", "))
	case slices.Contains(p.names, name):
		return fmt.Errorf("%s is given twice", name)
	}
	p.names = append(p.names, name)
	p.values = append(p.values, strings.ToValidUTF8(arg.Value, "\ufffd"))
	return nil
}

func isName(s string) bool {
	return s != "" && !('0' <= s[0] && s[0] <= '9') && !strings.ContainsFunc(s, func(r rune) bool {
		return !isWord(r)
	})
}

// parse reads the source, and refuses what gojq would only refuse record by
// record, or not at all.
func (p *Program) parse() (*gojq.Query, error) {
	if at := strings.IndexByte(p.source, 0); at >= 0 {
		return nil, p.newSyntaxError("a zero byte: is this text?", at) // gojq ends a comment there, and the program
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

// Functions that no program can name, since their names hold a blank; for the
// underscore, builtins does not list them.
const (
	recordsFunc = "_ records"
	rawFunc     = "_ raw"
	factorsFunc = "_ factors"
)

// compile makes the code that serves all records in one run:
//
//	records | if . then PROGRAM end
//
// where records yields an object for each record, and null when there is none
// yet: null comes out again and gives the control back.
func (p *Program) compile(query *gojq.Query) error {
	inlineSelect(query)
	limitProducts(query)
	body := query
	switch p.raw {
	case rawLate:
		renameRaw(query)
	case rawEarly:
		body = &gojq.Query{Left: callOf(rawFunc), Op: gojq.OpPipe, Right: query, Patterns: []*gojq.Pattern{{Name: "$raw"}}}
	}
	endless := &gojq.Query{Left: callOf(recordsFunc), Op: gojq.OpPipe, Right: &gojq.Query{Term: &gojq.Term{
		Type: gojq.TermTypeIf,
		If: &gojq.If{
			Cond: &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeIdentity}},
			Then: body,
		},
	}}}
	code, err := gojq.Compile(endless, append(p.functions(), gojq.WithVariables(p.names))...)
	if err != nil {
		return p.compileError(err)
	}
	p.code, p.results, p.records = code, nil, 0
	return nil
}

// functions are what a program finds besides jq's own. input, modules and
// get_search_list are not among them.
func (p *Program) functions() []gojq.CompilerOption {
	return []gojq.CompilerOption{
		gojq.WithEnvironLoader(p.environ),
		gojq.WithIterFunction(recordsFunc, 0, 0, func(any, []any) gojq.Iter { return &p.feed }),
		gojq.WithFunction(rawFunc, 0, 0, func(any, []any) any { return p.action.value() }),
		gojq.WithFunction(factorsFunc, 2, 2, func(_ any, factors []any) any { return p.guard.factors(factors[0], factors[1]) }),
		gojq.WithFunction("debug", 0, 0, p.debug),
		gojq.WithFunction("stderr", 0, 0, p.debug),
	}
}

// recompile forgets what the code has gathered.
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
	if p.options.Debug != nil {
		if text, err := gojq.Marshal(v); err == nil {
			p.options.Debug(string(text))
		}
	}
	return v
}
