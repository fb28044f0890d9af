package docs

import (
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode/record"
)

// Section is a part of the documentation: the manual page, a help topic and the
// reference are made of sections. Its texts are prose.
type Section struct {
	Title string
	// Text has an empty line between two paragraphs.
	Text  string
	Items []Item
	Parts []Section
}

// Item is a term and its meaning: an exit status, a variable, an example. Both
// are prose: literal text is in `backquotes`, a placeholder in *stars*. A newline
// in a meaning stays one.
type Item struct{ Term, Meaning string }

// Commands lists the commands, with their arguments and the names of their flags.
func Commands(app *kong.Application) Section {
	s := Section{Title: "Commands"}
	for _, command := range app.Children {
		meaning := command.Help
		for _, arg := range command.Positional {
			meaning += "\n*" + strings.ToUpper(arg.Name) + "*: " + arg.Help
		}
		var flags []string
		for _, flag := range command.Flags {
			flags = append(flags, "`--"+flag.Name+"`")
		}
		if flags != nil {
			meaning += "\nFlags: " + strings.Join(flags, ", ") + "."
		}
		s.Items = append(s.Items, Item{synopsis(command), meaning})
	}
	return s
}

// synopsis returns how to type a command, without flags.
func synopsis(command *kong.Node) string {
	form := "`" + command.Name + "`"
	for _, arg := range command.Positional {
		form += " *" + argumentForm(arg) + "*"
	}
	return form
}

// Flags lists all flags in their groups, each with the commands that take it.
func Flags(app *kong.Application) Section {
	s := Section{Title: "Flags"}
	for _, group := range grouped(flagUses(app), "General") {
		part := Section{Title: group.title}
		for _, flag := range group.flags {
			form, value, _ := strings.Cut(longForm(flag.Flag), "=")
			term := "`" + form + "`"
			if value != "" {
				term += "=*" + value + "*"
			}
			if flag.Short != 0 {
				term = "`-" + string(flag.Short) + "`, " + term
			}
			meaning := meaning(flag.Flag)
			if flag.commands != nil {
				meaning += " (*" + strings.Join(flag.commands, ", ") + "*)"
			}
			part.Items = append(part.Items, Item{term, meaning})
		}
		s.Parts = append(s.Parts, part)
	}
	return s
}

// Fields lists the record's fields.
func Fields() Section {
	s := Section{
		Title: "Fields",
		Text: "In the order in which they are written, each with the actions that have it: `every` action, one action, or all that " +
			"begin with `connection`, `reply` or `relay`.",
	}
	for _, field := range record.Fields {
		s.Items = append(s.Items, Item{
			Term:    "`" + field.Name + "` (" + fieldType(field) + ")",
			Meaning: field.Meaning + " (" + strings.ReplaceAll(field.Actions, " ", ", ") + ")",
		})
	}
	return s
}

// Names lists names with their meanings.
func Names(title, text string, names []record.Name) Section {
	s := Section{Title: title, Text: text}
	for _, n := range names {
		s.Items = append(s.Items, Item{"`" + n.Name + "`", n.Meaning})
	}
	return s
}

// A piece is a part of a prose text: words, literal text or a placeholder.
type piece struct {
	kind byte // ' ', '`' or '*'
	text string
}

// pieces splits prose at its marks. A mark that is not closed is an ordinary
// character.
func pieces(prose string) (all []piece) {
	for prose != "" {
		start := strings.IndexAny(prose, "`*")
		if start < 0 {
			break
		}
		length := strings.IndexByte(prose[start+1:], prose[start])
		if length < 0 {
			break
		}
		end := start + 1 + length
		all = append(all, piece{' ', prose[:start]}, piece{prose[start], prose[start+1 : end]})
		prose = prose[end+1:]
	}
	return append(all, piece{' ', prose})
}

// plain returns prose without its marks.
func plain(prose string) string {
	var out strings.Builder
	for _, p := range pieces(prose) {
		out.WriteString(p.text)
	}
	return out.String()
}
