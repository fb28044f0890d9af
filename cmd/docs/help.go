package docs

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode/record"
)

// Help prints help. kong's own printer shows neither allowed values nor examples,
// aligns each group separately, and says that a command is required.
type Help struct {
	// Examples are shown in the program's help: Term is a command line.
	Examples []Item
	// More is the last paragraph of the program's help.
	More string
	// Flags returns the last paragraph of a command's help, "" for none.
	Flags func(command *kong.Node) string
	// Width returns the number of columns, 0 for 80.
	Width func() int
}

// Print is a [kong.HelpPrinter]. It writes the help of the command that ctx has
// selected, else the help of the program.
func (h Help) Print(_ kong.HelpOptions, ctx *kong.Context) error {
	s := newSheet(h.Width())
	if command := ctx.Selected(); command != nil {
		h.command(s, ctx.Model, command)
	} else {
		h.program(s, ctx.Model)
	}
	_, err := io.WriteString(ctx.Stdout, s.String())
	return err
}

// program writes one screen: description, commands, examples.
func (h Help) program(s *sheet, app *kong.Application) {
	s.paragraph(app.Help)
	s.paragraph("Usage: " + app.Name + " [COMMAND] [FLAGS]")
	var rows []row
	for _, command := range app.Children {
		rows = append(rows, row{usage(command, argumentName), command.Help})
	}
	flags := flagRows(app, usesOf(app.Flags))
	left := secondColumn(slices.Concat(rows, flags))
	s.table("Commands:", rows, left)
	s.table("Flags:", flags, left)
	var examples []row
	for _, example := range h.Examples {
		examples = append(examples, row{example.Term, example.Meaning})
	}
	s.table("Examples:", examples, secondColumn(examples))
	s.paragraph(h.More)
}

// command writes a command's arguments, and its flags in their groups.
func (h Help) command(s *sheet, app *kong.Application, command *kong.Node) {
	s.paragraph(command.Help)
	form := usage(command, argumentForm)
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
	s.table("Arguments:", arguments, flagColumn)
	for _, group := range grouped(usesOf(command.Flags), "Flags") {
		s.table(group.title+":", flagRows(app, group.flags), flagColumn)
	}
	s.table("General:", flagRows(app, usesOf(app.Flags)), flagColumn)
	if h.Flags != nil {
		s.paragraph(h.Flags(command))
	}
}

// flagRows returns flags with their meanings. The long forms are aligned.
func flagRows(app *kong.Application, flags []*flagUse) []row {
	rows := make([]row, len(flags))
	for i, flag := range flags {
		short := "    "
		if flag.Short != 0 {
			short = "-" + string(flag.Short) + ", "
		}
		rows[i] = row{short + longForm(flag.Flag), meaning(flag.Flag)}
		c := choicesOf(app, flag.Value)
		if list := strings.Join(record.WithoutMeanings(c.names), ", "); c.list != "" && len(list) < listWidth {
			rows[i].meaning += " Choose from: " + list + "."
		}
	}
	return rows
}

const (
	// listWidth is the length, in bytes, up to which a list is shown in full.
	listWidth = 200
	// flagColumn is the column where the meanings of flags begin.
	flagColumn = 34
	// topicColumn is the last column where the meanings of a topic's items begin.
	topicColumn = 26
)

// Topic returns a section as a page of help. A width of 0 means 80 columns.
func Topic(s Section, width int) string {
	page := newSheet(width)
	page.section(s)
	return page.String()
}

type row struct{ term, meaning string }

// secondColumn returns the column where the second column of a table can begin.
func secondColumn(rows []row) (left int) {
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

// newSheet returns a sheet of 40 columns at least, or of 80 when width is 0.
func newSheet(width int) *sheet {
	if width <= 0 {
		width = 80
	}
	return &sheet{width: max(width, 40)}
}

// block writes lines, after an empty line if they are not the first.
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

// section writes a section: its title, paragraphs, items and parts.
func (s *sheet) section(section Section) {
	s.block(section.Title + ":")
	if section.Text != "" {
		for i, paragraph := range strings.Split(section.Text, "\n\n") {
			lines := wrap(plain(paragraph), s.width-2)
			if i > 0 {
				s.WriteByte('\n')
			}
			s.WriteString("  " + strings.Join(lines, "\n  ") + "\n")
		}
	}
	rows := make([]row, len(section.Items))
	for i, item := range section.Items {
		rows[i] = row{plain(item.Term), plain(item.Meaning)}
	}
	if section.Text != "" && len(rows) > 0 {
		s.WriteByte('\n')
	}
	s.rows(rows, min(secondColumn(rows), topicColumn))
	for _, part := range section.Parts {
		s.section(part)
	}
}

// table writes a heading and two columns; no rows write nothing.
func (s *sheet) table(heading string, rows []row, left int) {
	if len(rows) == 0 {
		return
	}
	s.block(heading)
	s.rows(rows, left)
}

// rows writes two columns. The second begins at left, or in the middle of a narrow
// sheet. A term that is too long has a line of its own.
func (s *sheet) rows(rows []row, left int) {
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

// wrap breaks text at blanks into lines of at most width characters. A longer word
// has a line of its own.
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
