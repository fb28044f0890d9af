package docs

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode/record"
)

// CommandTable returns a markdown table of the commands.
func CommandTable(app *kong.Application) string {
	t := newTable("command", "does")
	for _, command := range app.Children {
		form := "`" + app.Name + " " + usage(command) + "`"
		if isDefault(command) {
			form = "`" + app.Name + "` or " + form
		}
		t.row(form, command.Help)
	}
	return t.String()
}

// FlagTable returns a markdown table of all flags, each once. twin returns the
// name of a flag's environment variable, "" for a flag without one.
func FlagTable(app *kong.Application, twin func(*kong.Flag) string) string {
	t := newTable("flag", "of", "environment", "default", "meaning")
	for _, flag := range uses(app) {
		form := "`" + longForm(flag.Flag) + "`"
		if flag.Short != 0 {
			form = "`-" + string(flag.Short) + "`, " + form
		}
		of := "all"
		if flag.of != nil {
			of = strings.Join(flag.of, ", ")
		}
		t.row(form, of, code(twin(flag.Flag)), code(flag.Default), flag.Help)
	}
	return t.String()
}

// FieldTable returns a markdown table of the record's fields.
func FieldTable() string {
	t := newTable("field", "type", "of", "meaning")
	for _, field := range record.Fields {
		t.row(code(field.Name), fieldType(field), strings.ReplaceAll(field.Actions, " ", ", "), field.Meaning)
	}
	return t.String()
}

// StatusTable returns a markdown table of the exit statuses.
func StatusTable(statuses []Item) string {
	t := newTable("status", "meaning")
	for _, status := range statuses {
		t.row(status.Term, status.Meaning)
	}
	return t.String()
}

// FieldSection returns the record's fields as a section of the manual page.
func FieldSection() Section {
	s := Section{
		Title: "The record",
		Text: "A record is one JSON object on one line; empty fields are left out. These are its fields, in their order, with the " +
			"actions that have them: `every` action, one action, or all that begin with `connection`, `reply` or `relay`.",
	}
	for _, field := range record.Fields {
		s.Items = append(s.Items, Item{
			Term:    fmt.Sprintf("`%s` (%s)", field.Name, fieldType(field)),
			Meaning: fmt.Sprintf("%s (%s)", field.Meaning, strings.ReplaceAll(field.Actions, " ", ", ")),
		})
	}
	return s
}

// fieldType returns the type of a field, and the actions that always have it.
func fieldType(field record.Definition) string {
	switch field.Always {
	case "":
		return field.Kind.String()
	case field.Actions:
		return field.Kind.String() + ", always"
	}
	return field.Kind.String() + ", always for " + field.Always
}

// markdown is a table that is being written.
type markdown struct{ strings.Builder }

func newTable(columns ...string) *markdown {
	t := &markdown{}
	t.row(columns...)
	t.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	return t
}

func (t *markdown) row(cells ...string) {
	for _, cell := range cells {
		t.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
	}
	t.WriteString("|\n")
}

// code returns text as code, "" for no text.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// Replace fills in the blocks of a document: it replaces the text between the
// lines <!-- name --> and <!-- /name --> with blocks[name]. The document must
// have each block exactly once.
func Replace(text []byte, blocks map[string]string) ([]byte, error) {
	for _, name := range slices.Sorted(maps.Keys(blocks)) {
		open, end := []byte("<!-- "+name+" -->\n"), []byte("<!-- /"+name+" -->")
		head, rest, found := bytes.Cut(text, open)
		if !found {
			return nil, fmt.Errorf("the text has no line %q", bytes.TrimSpace(open))
		}
		old, tail, closed := bytes.Cut(rest, end)
		if !closed || bytes.Contains(old, open) {
			return nil, fmt.Errorf("the text has no %q after %q", end, bytes.TrimSpace(open))
		}
		if bytes.Contains(tail, open) {
			return nil, fmt.Errorf("the text has %q twice", bytes.TrimSpace(open))
		}
		block := strings.TrimRight(blocks[name], "\n") + "\n"
		text = bytes.Join([][]byte{head, open, []byte(block), end, tail}, nil)
	}
	return text, nil
}
