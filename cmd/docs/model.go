// Package docs generates documentation from the command line's model: shell
// completion, the manual page, help, and the reference (REFERENCE.md). The
// grammar is the only place that lists commands and flags, so the documentation is
// never out of date.
//
// The grammar has one level of commands, one of which is the default. In addition to
// kong's own tags it has words:"…", which says how to complete a value:
//
//	actions, platforms, fields  names of that list, separated by commas
//	files                       a file
//	WORD,WORD                   one of the words; commands stands for all commands
//
// Other values may be valid too.
package docs

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// isDefault reports whether a command runs when none is named.
func isDefault(node *kong.Node) bool { return node.Parent.DefaultCmd == node }

// flagsOf returns every flag that a command takes: its own, then those that every
// command takes.
func flagsOf(node *kong.Node) []*kong.Flag {
	return slices.Concat(node.Flags, node.Parent.Flags)
}

// flagUse is a flag and the commands that take it; nil means every command. Flags of
// the same name are one flagUse only when their help and default are equal.
type flagUse struct {
	*kong.Flag
	commands []string
}

// flagUses returns all flags, each once, in the order in which they first occur.
func flagUses(app *kong.Application) []*flagUse {
	type identity struct{ name, help, value string }
	known := map[identity]*flagUse{}
	var all []*flagUse
	add := func(flag *kong.Flag, command string) {
		id := identity{flag.Name, flag.Help, flag.Default}
		u := known[id]
		if u == nil {
			u = &flagUse{Flag: flag}
			known[id] = u
			all = append(all, u)
		}
		if command != "" {
			u.commands = append(u.commands, command)
		}
	}
	for _, command := range app.Children {
		for _, flag := range command.Flags {
			add(flag, command.Name)
		}
	}
	for _, flag := range app.Flags {
		add(flag, "")
	}
	return all
}

// usesOf returns flags as flagUses without commands.
func usesOf(flags []*kong.Flag) []*flagUse {
	all := make([]*flagUse, len(flags))
	for i, flag := range flags {
		all[i] = &flagUse{Flag: flag}
	}
	return all
}

// flagGroup has the flags of a group of the grammar, or those without a group.
type flagGroup struct {
	title string
	flags []*flagUse
}

// grouped sorts flags into their groups, in the order of first use. Flags
// without a group come last, under the title rest.
func grouped(flags []*flagUse, rest string) []flagGroup {
	var groups []flagGroup
	last := flagGroup{title: rest}
	for _, flag := range flags {
		if flag.Group == nil {
			last.flags = append(last.flags, flag)
			continue
		}
		title := strings.TrimSuffix(flag.Group.Title, ":")
		i := slices.IndexFunc(groups, func(g flagGroup) bool { return g.title == title })
		if i < 0 {
			i = len(groups)
			groups = append(groups, flagGroup{title: title})
		}
		groups[i].flags = append(groups[i].flags, flag)
	}
	if last.flags != nil {
		groups = append(groups, last)
	}
	return groups
}

// takesValue reports whether the flag needs a value.
func takesValue(flag *kong.Flag) bool { return !flag.IsBool() }

// negated returns the flag that turns this one off, "" when there is none.
func negated(flag *kong.Flag) string {
	if flag.Tag.Negatable == "" {
		return ""
	}
	return "--no-" + flag.Name
}

// spellings returns all ways to type a flag: -o, --format.
func spellings(flag *kong.Flag) []string {
	var all []string
	if flag.Short != 0 {
		all = append(all, "-"+string(flag.Short))
	}
	all = append(all, "--"+flag.Name)
	if off := negated(flag); off != "" {
		all = append(all, off)
	}
	return all
}

// longForm returns the flag as a synopsis shows it: --[no-]reconnect, --count=N,
// --format=ndjson|text|raw.
func longForm(flag *kong.Flag) string {
	switch {
	case negated(flag) != "":
		return "--[no-]" + flag.Name
	case !takesValue(flag):
		return "--" + flag.Name
	}
	return "--" + flag.Name + "=" + valueForm(flag)
}

// valueForm returns the placeholder of a flag's value.
func valueForm(flag *kong.Flag) string {
	if flag.Enum != "" {
		return strings.Join(flag.EnumSlice(), "|")
	}
	return flag.FormatPlaceHolder()
}

// argumentForm returns an argument as a synopsis shows it: [FILE], bash|zsh.
func argumentForm(arg *kong.Positional) string {
	if arg.Enum == "" {
		return argumentName(arg)
	}
	return strings.Join(arg.EnumSlice(), "|")
}

// argumentName returns the placeholder of an argument: FILE, FILE… when it can be
// repeated, in brackets when it is optional.
func argumentName(arg *kong.Positional) string {
	name := strings.ToUpper(arg.Name)
	if arg.IsSlice() {
		name += "…"
	}
	if !arg.Required {
		name = "[" + name + "]"
	}
	return name
}

// usage returns how to type a command, without flags: replay [FILE]. The form of
// an argument is argumentForm or argumentName.
func usage(node *kong.Node, form func(*kong.Positional) string) string {
	words := []string{node.Name}
	for _, arg := range node.Positional {
		words = append(words, form(arg))
	}
	return strings.Join(words, " ")
}

// meaning returns the help of a flag, with its default.
func meaning(flag *kong.Flag) string {
	if flag.Default == "" || !takesValue(flag) {
		return flag.Help
	}
	return flag.Help + " Default: " + flag.Default + "."
}

// sentence returns the first sentence of a help text, without its full stop.
func sentence(help string) string {
	first, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(first, ".")
}

// choices has the known values of a flag or argument.
type choices struct {
	names []record.Name
	// list is the name of the list that the names are from, "" for none. With a list, a
	// value is any number of the names, separated by commas.
	list  string
	files bool
}

// choicesOf returns the known values; the zero choices when none are known.
func choicesOf(app *kong.Application, v *kong.Value) choices {
	var c choices
	words := v.Tag.Get("words")
	switch {
	case words == "files":
		c.files = true
	case words != "":
		if c.names = listNamed(words); c.names != nil {
			c.list = words
			break
		}
		for word := range strings.SplitSeq(words, ",") {
			if word != "commands" {
				c.names = append(c.names, record.Name{Name: word})
				continue
			}
			for _, command := range app.Children {
				c.names = append(c.names, record.Name{Name: command.Name, Meaning: sentence(command.Help)})
			}
		}
	case v.Enum != "":
		for _, word := range v.EnumSlice() {
			c.names = append(c.names, record.Name{Name: word})
		}
		explain(c.names, v.Help)
	}
	return c
}

// explain sets the names' meanings from a help text of the form "name: its
// meaning; other: its meaning."
func explain(names []record.Name, help string) {
	for part := range strings.SplitSeq(sentence(help), "; ") {
		name, meaning, _ := strings.Cut(part, ": ")
		for i := range names {
			if names[i].Name == name {
				names[i].Meaning = meaning
			}
		}
	}
}

// listNames are the names of the lists, in their order in the scripts.
var listNames = []string{"actions", "platforms", "fields"}

// listNamed returns the list of that name, nil when there is none.
func listNamed(name string) []record.Name {
	switch name {
	case "actions":
		return decode.ActionChoices()
	case "platforms":
		return decode.PlatformNames()
	case "fields":
		names := make([]record.Name, len(record.Fields))
		for i, field := range record.Fields {
			names[i] = record.Name{Name: field.Name, Meaning: field.Meaning}
		}
		return names
	}
	return nil
}
