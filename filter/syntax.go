package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// SyntaxError is a program that does not compile. Its text is several lines:
// what is wrong, the line of the program, and a caret under the mistake.
type SyntaxError struct {
	// Message is what is wrong, one line.
	Message string
	// Name is the program's file; "" for one from the command line.
	Name string
	// Line counts from 1, Column in characters from 1.
	Line, Column int

	several bool   // the program has several lines
	text    string // of the line
}

// newSyntaxError says that the mistake is at a byte offset of the source.
func (p *Program) newSyntaxError(message string, offset int) *SyntaxError {
	offset = min(max(offset, 0), len(p.source))
	start := strings.LastIndexByte(p.source[:offset], '\n') + 1
	text, _, _ := strings.Cut(p.source[start:], "\n")
	return &SyntaxError{
		Message: visible(message),
		Name:    p.options.Name,
		Line:    strings.Count(p.source[:start], "\n") + 1,
		Column:  utf8.RuneCountInString(p.source[start:offset]) + 1,
		several: strings.Contains(strings.TrimRight(p.source, "\r\n"), "\n"),
		text:    strings.ReplaceAll(strings.TrimSuffix(text, "\r"), "\t", " "), // a column for each
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

// The excerpt of a long line shows so many columns before the mistake, and is
// so wide in all.
const columnsBefore, columnsInAll = 48, 76

// excerpt returns the line as it can be shown, and in which column of it the
// mistake is, from 0.
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
	for column = 0; cut > 0 && column+displaywidth.String(left[cut-1]) <= columnsBefore; cut-- {
		column += displaywidth.String(left[cut-1])
	}
	if cut > 0 {
		left = append([]string{"…"}, left[cut:]...)
		column++
	}
	right = displaywidth.TruncateString(visible(e.text[offset:]), columnsInAll-column, "…")
	return strings.Join(left, "") + right, column
}

// visible makes a line safe for a terminal.
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

// zeroWidthJoiner holds emoji together.
const zeroWidthJoiner = '\u200d'
