package docs

import (
	"strings"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
)

// gap is the space between two columns.
const gap = 2

// FieldText returns the record's fields as a table for people: name, type, the
// actions that have the field, meaning. With a width above 0, cells that do not fit
// are wrapped: first the meanings, then types and actions too.
func FieldText(width int) string {
	rows := [][4]string{{"FIELD", "TYPE", "ACTIONS", "MEANING"}}
	for _, field := range record.Fields {
		rows = append(rows, [4]string{field.Name, fieldType(field), strings.ReplaceAll(field.Actions, " ", ", "), field.Meaning})
	}
	var widest, least [3]int
	left, narrowest := 0, 0
	for i := range widest {
		for _, row := range rows {
			widest[i] = max(widest[i], utf8.RuneCountInString(row[i]))
			for word := range strings.FieldsSeq(row[i]) {
				least[i] = max(least[i], utf8.RuneCountInString(word))
			}
		}
		left += widest[i] + gap
		narrowest += least[i] + gap
	}
	if width > 0 && left > width/2 {
		widest, left = least, narrowest
	}
	meanings := max(width-left, len("MEANING"))
	if width <= 0 {
		meanings = 1 << 10 // none is as long
	}
	var out strings.Builder
	for _, row := range rows {
		appendCells(&out, row, [4]int{widest[0], widest[1], widest[2], meanings})
	}
	return out.String()
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

// appendCells writes one row, on as many lines as its cells need.
func appendCells(out *strings.Builder, row [4]string, widths [4]int) {
	var cells [4][]string
	height := 0
	for i, text := range row {
		cells[i] = wrap(text, widths[i])
		height = max(height, len(cells[i]))
	}
	for n := range height {
		line := ""
		for i, width := range widths {
			text := ""
			if n < len(cells[i]) {
				text = cells[i][n]
			}
			line += text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))+gap)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
