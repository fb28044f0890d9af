package filter

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// syntaxError converts an error of gojq's parser.
func (p *Program) syntaxError(err error) error {
	failed := (*gojq.ParseError)(nil)
	if !errors.As(err, &failed) {
		return p.newSyntaxError(err.Error(), 0)
	}
	message := err.Error()
	start := failed.Offset - len(failed.Token)
	switch {
	case message == unterminated:
		start = p.openingQuote()
	case failed.Token == "":
		message, start = "unexpected end of the program", len(strings.TrimRight(p.source, whiteSpace))
	case failed.Token == "'":
		message += ": write strings in double quotes"
	case start < 0 || p.source[start:failed.Offset] != failed.Token:
		// For a string that contains \( the parser reports the token before it.
		message, start = "unexpected string", failed.Offset-1
	}
	return p.newSyntaxError(message, start)
}

const (
	unterminated = "unterminated string literal"
	whiteSpace   = " \t\r\n"
)

// openingQuote returns the offset of the quote that is never closed: the last one
// before which the program has no unterminated string. It tries 100 quotes at most.
func (p *Program) openingQuote() int {
	end := len(p.source)
	for range 100 {
		at := strings.LastIndexByte(p.source[:end], '"')
		if at < 0 {
			break
		}
		if _, err := gojq.Parse(p.source[:at]); err == nil || err.Error() != unterminated {
			return at
		}
		end = at
	}
	return len(p.source)
}

// compileError converts an error of gojq's compiler, which has no offset.
func (p *Program) compileError(err error) error {
	message := err.Error()
	names := []string{}
	switch problem, name, _ := strings.Cut(message, ": "); problem {
	case "function not defined":
		name, _, _ := strings.Cut(name, "/")
		names = append(names, name)
	case "variable not defined", "label not defined":
		names = append(names, name)
	case "input(s)/0 is not allowed":
		names = append(names, "input", "inputs")
	}
	offset := p.locate(names, func(source, suffix string) bool {
		return p.compileVariant(source, names, suffix) == message
	})
	switch {
	case len(names) == 1 && slices.Contains(notInGojq, names[0]):
		message = "jq's " + names[0] + " is not available in a filter"
	case strings.HasPrefix(message, "variable not defined: ") && isName(names[0][1:]):
		message += ": bind it with --arg " + names[0][1:] + "=VALUE"
	}
	switch message {
	case "input(s)/0 is not allowed":
		message = "input and inputs are not available: a filter sees one record at a time"
	case `missing query (try ".")`:
		message = `empty program: write "." to pass every record`
		offset = len(strings.TrimRight(p.source, whiteSpace))
	}
	return p.newSyntaxError(message, offset)
}

// notInGojq are the names that jq defines and gojq does not.
var notInGojq = []string{"$__loc__", "$__prog_args", "get_jq_origin", "get_prog_origin", "get_search_list",
	"input_filename", "input_line_number"}

// compileVariant compiles a source in which locate may have added the suffix to
// names. It defines the names with the suffix as functions, variables and labels.
// It returns the message of the compiler, or "".
func (p *Program) compileVariant(source string, names []string, suffix string) string {
	query, err := gojq.Parse(source)
	if err != nil {
		return err.Error()
	}
	variables := append(slices.Clone(p.names), "$raw")
	options := p.functions()
	for _, name := range names {
		renamed := name + suffix
		switch {
		case strings.HasPrefix(name, "$") && isName(renamed[1:]):
			variables = append(variables, renamed)
			query = &gojq.Query{Term: &gojq.Term{
				Type:  gojq.TermTypeLabel,
				Label: &gojq.Label{Ident: renamed, Body: query},
			}}
		default:
			options = append(options, gojq.WithFunction(renamed, 0, 30, func(any, []any) any { return nil }))
		}
	}
	if _, err := gojq.Compile(query, append(options, gojq.WithVariables(variables))...); err != nil {
		return err.Error()
	}
	return ""
}

// importError returns the error of a program that imports modules.
func (p *Program) importError() error {
	offset := p.locate([]string{"import", "include"}, func(source, _ string) bool {
		query, err := gojq.Parse(source)
		return err == nil && len(query.Imports) > 0
	})
	return p.newSyntaxError("modules are not available: a filter is one program", offset)
}

// formatError returns the error of a program with a format that does not exist.
func (p *Program) formatError(format string) error {
	offset := p.locate([]string{format}, func(source, _ string) bool {
		query, err := gojq.Parse(source)
		return err == nil && unknownFormat(query) == format
	})
	return p.newSyntaxError("format not defined: "+format+"; the formats are "+strings.Join(formats, ", "), offset)
}

// locate returns the offset of the first occurrence of the names that causes the
// error. It renames the last occurrences, by adding a suffix, and asks wrong whether the
// error remains. A binary search finds how many it must rename at least to remove the
// error: the first of these is the wanted one. An occurrence in a string or a comment
// makes no difference.
func (p *Program) locate(names []string, wrong func(source, suffix string) bool) int {
	suffix := "_"
	for strings.Contains(p.source, suffix) {
		suffix += "_"
	}
	spans := occurrences(p.source, names)
	n := len(spans)
	fewest := sort.Search(n, func(i int) bool {
		var b strings.Builder
		end := 0
		for _, span := range spans[n-1-i:] {
			b.WriteString(p.source[end:span.end])
			b.WriteString(suffix)
			end = span.end
		}
		b.WriteString(p.source[end:])
		return !wrong(b.String(), suffix)
	})
	switch {
	case fewest < n:
		return spans[n-1-fewest].start
	case n > 0:
		return spans[0].start
	}
	return 0
}

type span struct{ start, end int }

// occurrences returns where the names occur as whole words, in order.
func occurrences(source string, names []string) []span {
	var found []span
	for _, name := range names {
		for end := 0; ; {
			at := strings.Index(source[end:], name)
			if at < 0 {
				break
			}
			start := end + at
			end = start + len(name)
			before, _ := utf8.DecodeLastRuneInString(source[:start])
			after, _ := utf8.DecodeRuneInString(source[end:])
			if !isWord(after) && (!isWord(before) || !isWord(rune(name[0]))) {
				found = append(found, span{start, end})
			}
		}
	}
	slices.SortFunc(found, func(a, b span) int { return a.start - b.start })
	return found
}

func isWord(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
