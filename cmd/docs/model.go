// Package docs makes the documentation from the command line's own model:
// shell completion, the manual page, help, and the tables of the README. What
// a user can type is written down once, in the grammar, and nothing here can
// fall behind it.
//
// It reads a grammar with one level of commands, one of which is the default.
// Beyond kong's own tags, words:"…" tells what a value can be: actions,
// platforms or fields for a comma-separated list of those names; files; or, when
// it is none of these four, the words themselves, which are worth offering among
// others.
package docs

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode/record"
)

// Item is a term and what it means: an exit status, a variable, an example.
// Both are prose, in which `backquotes` stand around what is typed or read
// literally.
type Item struct{ Term, Meaning string }

// isDefault tells whether a command runs when none is named.
func isDefault(node *kong.Node) bool { return node.Parent.DefaultCmd == node }

// flagsOf returns every flag that can follow a command: its own, then those
// that can follow any.
func flagsOf(node *kong.Node) []*kong.Flag {
	return slices.Concat(node.Flags, node.Parent.Flags)
}

// A use is a flag and the commands that take it, none for every command.
// Flags of one name are one flag only when they say and mean the same.
type use struct {
	*kong.Flag
	of []string
}

// uses returns all flags, each once, in the order in which they first occur.
func uses(app *kong.Application) []*use {
	type identity struct{ name, help, value string }
	known := map[identity]*use{}
	var all []*use
	add := func(flag *kong.Flag, command string) {
		id := identity{flag.Name, flag.Help, flag.Default}
		u := known[id]
		if u == nil {
			u = &use{Flag: flag}
			known[id] = u
			all = append(all, u)
		}
		if command != "" {
			u.of = append(u.of, command)
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

// unshared returns flags as they are in one command alone.
func unshared(flags []*kong.Flag) []*use {
	all := make([]*use, len(flags))
	for i, flag := range flags {
		all[i] = &use{Flag: flag}
	}
	return all
}

// flagGroup is a group of the grammar, or those flags that are in none.
type flagGroup struct {
	title string
	flags []*use
}

// grouped sorts flags into their groups, in the order in which they occur.
// Those in no group come last, under the title rest.
func grouped(flags []*use, rest string) []flagGroup {
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

// takesValue tells whether something has to follow the flag.
func takesValue(flag *kong.Flag) bool { return !flag.IsBool() }

// negated returns what switches a flag off, "" when nothing does.
func negated(flag *kong.Flag) string {
	if flag.Tag.Negatable == "" {
		return ""
	}
	return "--no-" + flag.Name
}

// spellings returns everything that can be typed for a flag: -o, --format.
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

// valueForm returns what stands for a flag's value.
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

// argumentName returns what stands for an argument: FILE, or [FILE] where
// it can be left out.
func argumentName(arg *kong.Positional) string {
	name := strings.ToUpper(arg.Name)
	if !arg.Required {
		name = "[" + name + "]"
	}
	return name
}

// usage returns what is typed for a command, its flags left out: replay [FILE].
func usage(node *kong.Node) string {
	words := []string{node.Name}
	for _, arg := range node.Positional {
		words = append(words, argumentForm(arg))
	}
	return strings.Join(words, " ")
}

// shortUsage is usage with names in the place of allowed words: completion SHELL.
func shortUsage(node *kong.Node) string {
	words := []string{node.Name}
	for _, arg := range node.Positional {
		words = append(words, argumentName(arg))
	}
	return strings.Join(words, " ")
}

// meaning returns the help of a flag and its default.
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

// choices is what is known of the words that a value can be.
type choices struct {
	names []record.Name
	// table names the list that the words are from, "" for none; then any
	// number of them stands there, with commas between.
	table string
	files bool
}

// choicesOf returns what can be typed for a value; the zero choices tell that
// nothing is known of it.
func choicesOf(v *kong.Value) choices {
	var c choices
	words := v.Tag.Get("words")
	switch {
	case words == "files":
		c.files = true
	case words != "":
		if c.names = table(words); c.names != nil {
			c.table = words
			break
		}
		c.names = named(strings.Split(words, ","))
	case v.Enum != "":
		c.names = named(v.EnumSlice())
		explain(c.names, v.Help)
	}
	return c
}

// explain takes the names' meanings from a help text that has them: "name: its
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

// explained tells whether every name has a meaning.
func explained(names []record.Name) bool {
	return !slices.ContainsFunc(names, func(n record.Name) bool { return n.Meaning == "" })
}

// tables are the names of the lists of words, in the order of the scripts.
var tables = []string{"actions", "platforms", "fields"}

// table returns the list of words of that name, nil when there is none.
func table(name string) []record.Name {
	switch name {
	case "actions":
		return record.ActionChoices
	case "platforms":
		return record.Platforms
	case "fields":
		names := make([]record.Name, len(record.Fields))
		for i, field := range record.Fields {
			names[i] = record.Name{Name: field.Name, Meaning: field.Meaning}
		}
		return names
	}
	return nil
}

// named makes names without a meaning.
func named(words []string) []record.Name {
	names := make([]record.Name, len(words))
	for i, word := range words {
		names[i].Name = word
	}
	return names
}
