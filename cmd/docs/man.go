package docs

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Man writes the manual page: name, synopsis, description, commands and flags
// from the model, then the sections in their order. It uses only macros that every
// man program knows, and .fchar, which a program that does not know it ignores.
//
// The package does not use mango-kong, which repeats a flag under each command that
// takes it, and shows no defaults.
func Man(w io.Writer, app *kong.Application, sections ...Section) error {
	p := &page{}
	p.macro("SH", "NAME")
	p.line(roff(app.Name) + ` \- ` + prose(nameLine(app.Help)))
	p.macro("SH", "SYNOPSIS")
	p.line(prose("`" + app.Name + "` [*FLAGS*]"))
	for _, command := range app.Children {
		line := "`" + app.Name + "` " + synopsis(command)
		if len(command.Flags) > 0 {
			line += " [*FLAGS*]"
		}
		p.macro("br")
		p.line(prose(line))
	}
	p.macro("SH", "DESCRIPTION")
	p.line(prose(app.Help))
	for _, section := range append([]Section{Commands(app), Flags(app)}, sections...) {
		p.macro("SH", strings.ToUpper(section.Title))
		p.content(section)
	}
	head := &page{}
	head.macro("TH", strings.ToUpper(app.Name), "1")
	head.macro("nh") // no hyphenation, which would put hyphens into flags
	head.macro("ad l")
	for _, symbol := range p.symbols() {
		head.line(`.fchar \[u` + symbol + `] (U+` + symbol + `)`)
	}
	_, err := w.Write(append(head.Bytes(), p.Bytes()...))
	return err
}

// symbols returns the hexadecimal numbers of the page's characters that a printer's
// font may lack. Groff drops such a character, unless .fchar says what to show instead.
func (p *page) symbols() []string {
	var all []string
	for _, found := range regexp.MustCompile(`\\\[u(2[0-9A-F]{3})\]`).FindAllSubmatch(p.Bytes(), -1) {
		all = append(all, string(found[1]))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// nameLine returns the text after the program's name, which indexes of manual pages
// show: the beginning of the description.
func nameLine(help string) string {
	first, _, _ := strings.Cut(sentence(help), ": ")
	return strings.ToLower(first[:1]) + first[1:]
}

// page is a manual page that is being written.
type page struct{ bytes.Buffer }

// macro writes a request; its arguments are plain text.
func (p *page) macro(name string, args ...string) {
	p.WriteString("." + name)
	for _, arg := range args {
		p.WriteString(` "` + roff(arg) + `"`)
	}
	p.WriteByte('\n')
}

// line writes a line of roff.
func (p *page) line(text string) { p.WriteString(text + "\n") }

// lines writes prose, with the macro in place of each separator.
func (p *page) lines(text, separator, macro string) {
	for i, part := range strings.Split(text, separator) {
		if i > 0 {
			p.macro(macro)
		}
		p.line(prose(part))
	}
}

// content writes a section without its title.
func (p *page) content(s Section) {
	if s.Text != "" {
		p.lines(s.Text, "\n\n", "PP")
	}
	for _, item := range s.Items {
		p.macro("TP")
		p.line(prose(item.Term))
		p.lines(item.Meaning, "\n", "br")
	}
	for _, part := range s.Parts {
		p.macro("SS", part.Title)
		p.content(part)
	}
}

// prose turns prose into roff, with literal text bold and placeholders in italics.
// It protects a dot at the start, which would make the line a request.
func prose(text string) string {
	var out strings.Builder
	if strings.HasPrefix(text, ".") {
		out.WriteString(`\&`)
	}
	for _, p := range pieces(text) {
		switch p.kind {
		case '`':
			out.WriteString(`\fB` + roff(p.text) + `\fR`)
		case '*':
			out.WriteString(`\fI` + roff(p.text) + `\fR`)
		default:
			out.WriteString(roff(p.text))
		}
	}
	return out.String()
}

// roff turns text into one line of roff that shows exactly this text, so that text
// copied from the page works in a shell.
func roff(text string) string {
	var out strings.Builder
	for _, c := range text {
		switch {
		case roffNames[c] != "":
			out.WriteString(roffNames[c])
		case c == '\n':
			out.WriteByte(' ')
		case c > '~':
			fmt.Fprintf(&out, `\[u%04X]`, c)
		default:
			out.WriteRune(c)
		}
	}
	return out.String()
}

// roffNames are the escapes of characters that mean something else in roff.
var roffNames = map[rune]string{
	'\\': `\e`, '-': `\-`, '\'': `\(aq`, '`': `\(ga`, '"': `\(dq`, '^': `\(ha`, '~': `\(ti`, '…': "...",
}
