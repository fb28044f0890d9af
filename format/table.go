package format

import (
	"github.com/clipperhouse/displaywidth"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format/safe"
)

// AppendTable appends the connections as a table for people, one line for each
// under a heading: platform, channel (its identifier while the name is
// unknown), status, reason. Columns are as wide as what they show.
func AppendTable(dst []byte, linked []record.Linked) []byte {
	if len(linked) == 0 {
		return append(dst, "no connections\n"...)
	}
	rows := [][4]string{{"PLATFORM", "CHANNEL", "STATUS", "REASON"}}
	for _, l := range linked {
		channel, reason := l.Channel, l.Reason
		if channel == "" {
			channel = l.Identifier
		}
		if l.ReasonText != "" {
			reason += ": " + l.ReasonText
		}
		row := [4]string{l.Platform, channel, l.Status, reason}
		for i := range row {
			row[i] = safe.String(row[i])
		}
		rows = append(rows, row)
	}
	var widths [4]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], displaywidth.String(cell))
		}
	}
	for _, row := range rows {
		blanks := 0 // owed before the next cell that is not empty
		for i, cell := range row {
			if cell != "" {
				dst = append(appendBlanks(dst, blanks), cell...)
				blanks = 0
			}
			blanks += widths[i] - displaywidth.String(cell) + 2
		}
		dst = append(dst, '\n')
	}
	return dst
}
