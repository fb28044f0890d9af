package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// SyntaxError reports a program that does not compile. Its text has three lines:
// the message, the line of the program, and a caret under the error.
type SyntaxError struct {
	// Message is one line.
	Message string
	// Name is the file of the program; "" for the command line.
	Name string
	// Line and Column begin at 1; Column counts characters.
	Line, Column int

	several bool   // the program has more than one line
	text    string // the line of the program
}

// newSyntaxError returns an error at a byte offset of the source.
func (p *Program) newSyntaxError(message string, offset int) *SyntaxError {
	start := strings.LastIndexByte(p.source[:offset], '\n') + 1
	text, _, _ := strings.Cut(p.source[start:], "\n")
	return &SyntaxError{
		Message: visible(message),
		Name:    p.options.Name,
		Line:    strings.Count(p.source[:start], "\n") + 1,
		Column:  utf8.RuneCountInString(p.source[start:offset]) + 1,
		several: strings.Contains(strings.TrimRight(p.source, "\r\n"), "\n"),
		text:    strings.ReplaceAll(strings.TrimSuffix(text, "\r"), "\t", " "), // a tab takes one column, as Column counts it
	}
}

func (e *SyntaxError) Error() string {
	where, gutter := "", ""
	switch {
	case e.Name != "":
		where = visible(e.Name) + ":" + strconv.Itoa(e.Line) + ": "
	case e.several:
		where = "line " + strconv.Itoa(e.Line) + ": "
	}
	if where != "" {
		gutter = strconv.Itoa(e.Line) + " | "
	}
	line, column := e.excerpt()
	return fmt.Sprintf("%s%s\n    %s%s\n    %*s", where, e.Message, gutter, line, len(gutter)+column+1, "^")
}

// The widths of an excerpt, in columns.
const (
	maxBefore = 48 // before the error
	maxWidth  = 76 // in all
)

// excerpt returns the line, safe for a terminal and cut to maxWidth, and the
// column of the error in it, from 0.
func (e *SyntaxError) excerpt() (line string, column int) {
	left, right := []string{}, ""
	offset := 0
	for range e.Column - 1 {
		_, size := utf8.DecodeRuneInString(e.text[offset:])
		offset += size
	}
	for clusters := displaywidth.StringGraphemes(e.text[:offset]); clusters.Next(); {
		left = append(left, visible(clusters.Value()))
	}
	cut := len(left)
	for column = 0; cut > 0 && column+displaywidth.String(left[cut-1]) <= maxBefore; cut-- {
		column += displaywidth.String(left[cut-1])
	}
	if cut > 0 {
		left = append([]string{"…"}, left[cut:]...)
		column++
	}
	right = displaywidth.TruncateString(visible(e.text[offset:]), maxWidth-column, "…")
	return strings.Join(left, "") + right, column
}

// visible escapes characters that are not printable, so that a line is safe for a
// terminal.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsPrint(r) || r == zeroWidthJoiner:
			b.WriteRune(r)
		default:
			escaped := strconv.QuoteRuneToASCII(r)
			b.WriteString(escaped[1 : len(escaped)-1])
		}
	}
	return b.String()
}

// zeroWidthJoiner joins emoji.
const zeroWidthJoiner = '\u200d'
