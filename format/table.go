package format

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format/safe"
)

// cellWidths are the greatest widths of the table's columns. A longer cell is
// cut, since one long name would widen every row.
var cellWidths = [4]int{24, 48, 24, 200}

// AppendTable appends the connections as a table for people, one row for each
// under a heading: platform, channel (its identifier while the name is
// unknown), status, reason. A column is as wide as its widest cell.
func AppendTable(dst []byte, linked []record.Linked) []byte {
	if len(linked) == 0 {
		return append(dst, "no connections\n"...)
	}
	rows := make([][4]cell, 0, len(linked)+1)
	rows = append(rows, newRow("PLATFORM", "CHANNEL", "STATUS", "REASON"))
	for _, l := range linked {
		channel, reason := l.Channel, l.Reason
		if channel == "" {
			channel = l.Identifier
		}
		if l.ReasonText != "" {
			reason += ": " + l.ReasonText
		}
		rows = append(rows, newRow(l.Platform, channel, l.Status, reason))
	}
	var widths [4]int
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], c.width)
		}
	}
	for _, row := range rows {
		blanks := 0 // before the next cell that is not empty
		for i, c := range row {
			if c.text != "" {
				dst = append(appendBlanks(dst, blanks), c.text...)
				blanks = 0
			}
			blanks += widths[i] - c.width + 2
		}
		dst = append(dst, '\n')
	}
	return dst
}

type cell struct {
	text  string // safe
	width int
}

func newRow(texts ...string) (row [4]cell) {
	for i, text := range texts {
		row[i].text, row[i].width = shortened(text, cellWidths[i])
	}
	return row
}

// shortened returns the text made safe and cut to that many columns, and its width.
func shortened(text string, columns int) (string, int) {
	shown, width := cut(safe.Append(nil, []byte(beginOf(text, columns))), 0, columns)
	return string(shown), width
}
