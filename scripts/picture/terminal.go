package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// columns is how wide the terminal is.
const columns = 110

// A cell is a character as a reader sees it, of one or more code points, in the
// one or two columns that a terminal gives it.
type cell struct {
	text  string
	width int
	style style
}

// style is how a cell is painted. The zero style is the terminal's own.
type style struct {
	color                uint8 // an entry of the 256-colour palette; 0: none
	bold, faint, inverse bool
}

// escapes matches the escape sequences that change the style.
var escapes = regexp.MustCompile("\x1b\\[([0-9;]+)m")

// parse reads a line of the text format with its colours. Any other control
// character is an error, and so is a style that is not drawn here.
func parse(line string) (cells []cell, err error) {
	var now style
	for line != "" {
		text, codes, rest := line, "", ""
		if at := escapes.FindStringSubmatchIndex(line); at != nil {
			text, codes, rest = line[:at[0]], line[at[2]:at[3]], line[at[1]:]
		}
		for characters := displaywidth.StringGraphemes(text); characters.Next(); {
			c := cell{characters.Value(), characters.Width(), now}
			if c.width == 0 {
				return nil, fmt.Errorf("%q takes no column", c.text)
			}
			cells = append(cells, c)
		}
		if now, err = now.paint(codes); err != nil {
			return nil, err
		}
		line = rest
	}
	return cells, nil
}

// paint returns the style after the codes of an escape sequence, in which a
// colour comes last.
func (s style) paint(codes string) (style, error) {
	attributes, color, colored := strings.Cut(codes, "38;5;")
	if colored {
		entry, err := strconv.ParseUint(color, 10, 8)
		if err != nil || entry < 16 || entry > 231 {
			return s, fmt.Errorf("%q is not in the colour cube", color)
		}
		s.color = uint8(entry)
	}
	for _, code := range strings.FieldsFunc(attributes, func(r rune) bool { return r == ';' }) {
		switch code {
		case "0":
			s = style{}
		case "1":
			s.bold = true
		case "2":
			s.faint = true
		case "7":
			s.inverse = true
		default:
			return s, fmt.Errorf("%q changes the style in an unknown way", codes)
		}
	}
	return s, nil
}

// wrap breaks a line where a terminal does: where no column is left.
func wrap(cells []cell) (rows [][]cell) {
	used, start := 0, 0
	for i, c := range cells {
		if used+c.width > columns {
			rows = append(rows, cells[start:i])
			used, start = 0, i
		}
		used += c.width
	}
	return append(rows, cells[start:])
}

// measure returns the text of cells and how many columns it takes.
func measure(cells []cell) (text string, width int) {
	for _, c := range cells {
		text += c.text
		width += c.width
	}
	return text, width
}
