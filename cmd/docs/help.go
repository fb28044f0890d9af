package docs

import (
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/restail/restail/decode/record"
)

// Help prints help. kong's own printer shows neither allowed values nor examples,
// aligns each group separately, and asks for a command where none is needed.
type Help struct {
	// Examples are shown in the program's help: Term is a command line.
	Examples []Item
	// More is the last paragraph of the program's help.
	More string
	// Flags returns the last paragraph of a command's help, "" for none.
	Flags func(command *kong.Node) string
	// Width is the number of columns; 0 means the terminal's, or 80 without
	// one.
	Width int
}

// Print is a [kong.HelpPrinter]. It writes the help of the command that ctx has
// selected, else the help of the program.
func (h Help) Print(_ kong.HelpOptions, ctx *kong.Context) error {
	width := h.Width
	if width <= 0 {
		width = terminalWidth(ctx.Stdout)
	}
	s := &sheet{width: max(width, 40)}
	if command := ctx.Selected(); command != nil {
		h.command(s, ctx.Model, command)
	} else {
		h.program(s, ctx.Model)
	}
	_, err := io.WriteString(ctx.Stdout, s.String())
	return err
}

// terminalWidth returns the columns of w when it is a terminal, else 80.
func terminalWidth(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// program writes one screen: description, commands, examples.
func (h Help) program(s *sheet, app *kong.Application) {
	s.paragraph(app.Help)
	s.paragraph("Usage: " + app.Name + " [COMMAND] [FLAGS]")
	var rows []row
	for _, command := range app.Children {
		rows = append(rows, row{shortUsage(command), command.Help})
	}
	flags := flagRows(app, unshared(app.Flags))
	left := leftOf(slices.Concat(rows, flags))
	s.table("Commands:", rows, left)
	s.table("Flags:", flags, left)
	var examples []row
	for _, example := range h.Examples {
		examples = append(examples, row{example.Term, example.Meaning})
	}
	s.table("Examples:", examples, leftOf(examples))
	s.paragraph(h.More)
}

// command writes a command's arguments, and its flags in their groups.
func (h Help) command(s *sheet, app *kong.Application, command *kong.Node) {
	s.paragraph(command.Help)
	form := usage(command)
	if isDefault(command) {
		form = "[" + form + "]"
	}
	if len(command.Flags) > 0 {
		form += " [FLAGS]"
	}
	s.paragraph("Usage: " + app.Name + " " + form)
	var arguments []row
	for _, arg := range command.Positional {
		arguments = append(arguments, row{strings.ToUpper(arg.Name), arg.Help})
	}
	s.table("Arguments:", arguments, flagLeft)
	for _, group := range grouped(unshared(command.Flags), "Flags") {
		s.table(group.title+":", flagRows(app, group.flags), flagLeft)
	}
	s.table("General:", flagRows(app, unshared(app.Flags)), flagLeft)
	if h.Flags != nil {
		s.paragraph(h.Flags(command))
	}
}

// flagRows returns flags with their meanings. The long forms are aligned.
func flagRows(app *kong.Application, flags []*use) []row {
	rows := make([]row, len(flags))
	for i, flag := range flags {
		short := "    "
		if flag.Short != 0 {
			short = "-" + string(flag.Short) + ", "
		}
		rows[i] = row{short + longForm(flag.Flag), meaning(flag.Flag)}
		c := choicesOf(app, flag.Value)
		if list := strings.Join(record.WithoutMeanings(c.names), ", "); c.table != "" && len(list) < listWidth {
			rows[i].meaning += " Choose from: " + list + "."
		}
	}
	return rows
}

const (
	// listWidth is the length, in bytes, up to which a list is shown in full.
	listWidth = 200
	// flagLeft is the column where the meanings of flags begin.
	flagLeft = 34
)

type row struct{ term, meaning string }

// leftOf returns the first column behind all terms.
func leftOf(rows []row) (left int) {
	for _, r := range rows {
		left = max(left, utf8.RuneCountInString(r.term)+4)
	}
	return left
}

// sheet is a text that is wrapped at a width.
type sheet struct {
	strings.Builder
	width int
}

// block writes lines, after an empty line.
func (s *sheet) block(lines ...string) {
	if s.Len() > 0 {
		s.WriteByte('\n')
	}
	s.WriteString(strings.Join(lines, "\n") + "\n")
}

// paragraph writes a text; an empty one writes nothing.
func (s *sheet) paragraph(text string) {
	if text != "" {
		s.block(wrap(text, s.width)...)
	}
}

// table writes a heading and two columns; no rows write nothing. The second
// column begins at left, or in the middle of a narrow sheet. A longer term has
// its own line.
func (s *sheet) table(heading string, rows []row, left int) {
	if len(rows) == 0 {
		return
	}
	s.block(heading)
	left = min(left, s.width/2)
	margin := strings.Repeat(" ", left)
	for _, r := range rows {
		term := "  " + r.term
		if pad := left - utf8.RuneCountInString(term); pad >= 2 {
			term += margin[:pad]
		} else {
			term += "\n" + margin
		}
		s.WriteString(term + strings.Join(wrap(r.meaning, s.width-left), "\n"+margin) + "\n")
	}
}

// wrap breaks text at blanks into lines of at most width characters. A longer
// word has its own line.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
