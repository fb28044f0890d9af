package docs

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Section is a part of the manual page that is not derived from the model.
type Section struct {
	Title string
	// Text is the first paragraph, Items the list below it. Each may be empty.
	Text  string
	Items []Item
}

// Man writes the manual page: name, synopsis, description, commands and flags
// from the model, then the sections in their order. It uses only macros that
// every man program knows.
//
// It is our own because mango-kong has no sections and shows neither defaults nor
// allowed values nor negations.
func Man(w io.Writer, app *kong.Application, sections ...Section) error {
	p := &page{}
	p.macro("TH", strings.ToUpper(app.Name), "1")
	p.macro("nh") // a flag gets no hyphen that is not its own
	p.macro("ad l")
	p.macro("SH", "NAME")
	p.line(roff(app.Name) + ` \- ` + prose(nameLine(app.Help)))
	p.macro("SH", "SYNOPSIS")
	p.line(`\fB` + roff(app.Name) + `\fR [\fIFLAGS\fR]`)
	for _, command := range app.Children {
		p.macro("br")
		p.line(manUsage(app, command))
	}
	p.macro("SH", "DESCRIPTION")
	p.line(prose(app.Help))
	p.macro("SH", "COMMANDS")
	for _, command := range app.Children {
		p.command(command)
	}
	p.macro("SH", "FLAGS")
	for _, group := range grouped(uses(app), "General") {
		p.macro("SS", group.title)
		for _, flag := range group.flags {
			p.flag(flag)
		}
	}
	for _, section := range sections {
		p.section(section)
	}
	_, err := w.Write(p.Bytes())
	return err
}

// nameLine returns what stands behind the name: the beginning of the
// description, which indexes of manual pages show.
func nameLine(help string) string {
	first, _, _ := strings.Cut(sentence(help), ": ")
	return strings.ToLower(first[:1]) + first[1:]
}

// manUsage returns a line of the synopsis.
func manUsage(app *kong.Application, command *kong.Node) string {
	line := `\fB` + roff(app.Name+" "+command.Name) + `\fR`
	for _, arg := range command.Positional {
		line += ` \fI` + roff(argumentForm(arg)) + `\fR`
	}
	if len(command.Flags) > 0 {
		line += ` [\fIFLAGS\fR]`
	}
	return line
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

// line writes a line of text that is roff already. It protects a dot at the
// start, which would make the line a request.
func (p *page) line(text string) {
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	p.WriteString(text + "\n")
}

// item writes a term and, indented below it, its meaning.
func (p *page) item(term, meaning string) {
	p.macro("TP")
	p.line(term)
	p.line(meaning)
}

// command writes a command's help, its arguments, and the names of its flags.
func (p *page) command(command *kong.Node) {
	p.item(`\fB`+roff(command.Name)+`\fR`, prose(command.Help))
	for _, arg := range command.Positional {
		p.macro("br")
		p.line(`\fI` + roff(strings.ToUpper(arg.Name)) + `\fR: ` + prose(arg.Help))
	}
	var flags []string
	for _, flag := range command.Flags {
		flags = append(flags, `\fB`+roff("--"+flag.Name)+`\fR`)
	}
	if flags != nil {
		p.macro("br")
		p.line("Flags: " + strings.Join(flags, ", ") + ".")
	}
}

// flag writes a flag, its meaning, and the commands that take it.
func (p *page) flag(flag *use) {
	form, value, _ := strings.Cut(longForm(flag.Flag), "=")
	term := `\fB` + roff(form) + `\fR`
	if value != "" {
		term += `=\fI` + roff(value) + `\fR`
	}
	if flag.Short != 0 {
		term = `\fB` + roff("-"+string(flag.Short)) + `\fR, ` + term
	}
	p.item(term, prose(meaning(flag.Flag)))
	if flag.of != nil {
		p.line(fmt.Sprintf("(\\fI%s\\fR)", roff(strings.Join(flag.of, ", "))))
	}
}

func (p *page) section(s Section) {
	p.macro("SH", strings.ToUpper(s.Title))
	if s.Text != "" {
		p.line(prose(s.Text))
	}
	for _, item := range s.Items {
		p.item(prose(item.Term), prose(item.Meaning))
	}
}

// prose turns text into roff, with text in `backquotes` bold.
func prose(text string) string {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			part = `\fB` + roff(part) + `\fR`
		} else {
			part = roff(part)
		}
		out.WriteString(part)
	}
	return out.String()
}

// roff turns text into one line of roff that shows exactly this text, so that
// what is copied from the page can be typed.
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
