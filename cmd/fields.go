package cmd

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode/record"
)

// fieldsCommand lists the record's fields.
type fieldsCommand struct {
	JSONSchema bool `help:"Print a JSON Schema (2020-12) that every ndjson record validates against."`
}

// Run prints the table, or the schema.
func (c *fieldsCommand) Run(r *run) error {
	out := bufio.NewWriter(wholeLines{r.Stdout}) // keeps the first error for its Flush
	if c.JSONSchema {
		printSchema(out)
	} else {
		out.WriteString(docs.FieldText(r.columns()))
	}
	return writeError(out.Flush())
}

// printSchema prints the JSON Schema of the record.
func printSchema(out io.Writer) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	encoder.Encode(recordSchema())
}

// columns returns COLUMNS, or else the width of the terminal. It returns 0 if stdout
// is not a terminal, so that grep finds whole lines.
func (e Env) columns() int {
	width, _ := strconv.Atoi(e.getenv("COLUMNS"))
	if onTerminal := terminalWidth(e.Stdout); width <= 0 && onTerminal != nil {
		width = onTerminal()
	}
	return width
}

// schema is the part of JSON Schema that a flat record needs, in the order in which
// it is printed.
type schema struct {
	Schema      string            `json:"$schema,omitempty"`
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Type        string            `json:"type,omitempty"`
	Format      string            `json:"format,omitempty"`
	Const       string            `json:"const,omitempty"`
	MinLength   int               `json:"minLength,omitempty"`
	Items       *schema           `json:"items,omitempty"`
	MinItems    int               `json:"minItems,omitempty"`
	Properties  map[string]schema `json:"properties,omitempty"`
	Required    []string          `json:"required,omitempty"`
	If          *schema           `json:"if,omitempty"`
	Then        *schema           `json:"then,omitempty"`
	// AdditionalProperties accepts fields of later versions, but no objects.
	AdditionalProperties *struct {
		Type []string `json:"type"`
	} `json:"additionalProperties,omitempty"`
}

// recordSchema builds the schema from the record's table of fields.
func recordSchema() schema {
	s := schema{
		Schema:      "https://json-schema.org/draft/2020-12/schema",
		Title:       "restail record",
		Description: "One action of a Restream chat, flattened. Fields are never removed or renamed.",
		Type:        "object",
		Properties:  map[string]schema{},
		If:          &schema{Properties: map[string]schema{"action": {Const: "event"}}},
		Then:        &schema{},
	}
	s.AdditionalProperties = &struct {
		Type []string `json:"type"`
	}{[]string{"string", "number", "boolean", "array"}}
	for f, field := range record.Fields {
		s.Properties[field.Name] = fieldSchema(record.Field(f), field)
		switch field.Always {
		case "every":
			s.Required = append(s.Required, field.Name)
		case "event":
			s.Then.Required = append(s.Then.Required, field.Name)
		}
	}
	return s
}

// fieldSchema returns the schema of one field. A string has a minimum length, because
// a record omits an empty one, unless every event has the field.
func fieldSchema(f record.Field, d record.Definition) schema {
	s := schema{Description: d.Meaning}
	switch d.Kind {
	case record.Number:
		s.Type = "number"
	case record.Bool:
		s.Type = "boolean"
	case record.Strings:
		s.Type, s.Items, s.MinItems = "array", &schema{Type: "string"}, 1
	default:
		s.Type = "string"
		if d.Always != "event" {
			s.MinLength = 1
		}
	}
	if f == record.Time {
		s.Format = "date-time"
	}
	return s
}
