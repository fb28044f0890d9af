package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Sizes in pixels.
const (
	fontSize    = 14
	columnWidth = 8.4
	rowHeight   = 19
	baseline    = 14 // below the top of a row
	margin      = 16
	pageWidth   = columns*columnWidth + 2*margin
)

// The terminal's own colours. The palette is made to be read on black.
const (
	paper     = "#010409"
	border    = "#3d444d"
	ink       = "#e6edf3"
	fadingInk = "#8b949e"
)

const description = `Lines of restail's built-in show, picked so that every kind of line is there. Each has the clock, ` +
	`the platform and where needed its channel, a mark for its kind, marks for the author, the author's name in a colour, ` +
	`what is special about the message in brackets, and the message.`

// svg draws rows of cells. It uses fonts that the viewer has, and tells the
// length of each piece of text, so that the columns hold whatever those are.
func svg(rows [][]cell) []byte {
	var out bytes.Buffer
	height := len(rows)*rowHeight + 2*margin
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]d" viewBox="0 0 %[1]g %[2]d"`+
		` role="img" aria-labelledby="title description" font-size="%[3]d"`+
		` font-family="ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', Consolas, monospace">`+"\n", pageWidth, height, fontSize)
	fmt.Fprintf(&out, "<title id=\"title\">restail's text format</title>\n<desc id=\"description\">%s</desc>\n", description)
	fmt.Fprintf(&out, `<rect x="0.5" y="0.5" width="%g" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", pageWidth-1, height-1, paper, border)
	for i, row := range rows {
		x, top := float64(margin), margin+i*rowHeight
		for len(row) > 0 {
			n := 1
			for n < len(row) && goesWith(row[0], row[n]) {
				n++
			}
			for n > 1 && row[n-1].text == " " {
				n--
			}
			x += drawPiece(&out, row[:n], x, top)
			row = row[n:]
		}
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// drawPiece draws cells of one style and kind, and returns how wide they are.
func drawPiece(out *bytes.Buffer, piece []cell, x float64, top int) float64 {
	text, columns := measure(piece)
	width, color, paint := float64(columns)*columnWidth, ink, piece[0].style
	switch {
	case paint.color != 0:
		color = rgb(paint.color)
	case paint.faint:
		color = fadingInk
	}
	if paint.inverse {
		fmt.Fprintf(out, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, x, top, width, rowHeight, color)
		color = paper
	}
	if kindOf(piece[0]) == blank {
		return width
	}
	fmt.Fprintf(out, `<text x="%.1f" y="%d" fill="%s" textLength="%.1f"`, x, top+baseline, color, width)
	if paint.bold {
		out.WriteString(` font-weight="bold"`)
	}
	if k := kindOf(piece[0]); k == symbol || k == rightToLeft {
		out.WriteString(` lengthAdjust="spacingAndGlyphs"`)
	}
	out.WriteByte('>')
	xml.EscapeText(out, []byte(text)) // a Buffer takes everything
	out.WriteString("</text>\n")
	return width
}

// kind is what a font makes of a cell.
type kind int

const (
	letter      kind = iota // as wide as all letters
	blank                   // nothing to draw
	wide                    // twice as wide as a letter
	symbol                  // of any width: pressed into its columns
	rightToLeft             // joined to its neighbours, in an order of their own
)

func kindOf(c cell) kind {
	r, _ := utf8.DecodeRuneInString(c.text)
	switch {
	case r == ' ':
		return blank
	case unicode.In(r, unicode.Hebrew, unicode.Arabic):
		return rightToLeft
	case r >= utf8.RuneSelf && unicode.IsSymbol(r):
		return symbol
	case c.width == 2:
		return wide
	}
	return letter
}

// goesWith tells whether a cell is drawn in one piece with those since first.
func goesWith(first, c cell) bool {
	if first.style != c.style {
		return false
	}
	r, _ := utf8.DecodeRuneInString(c.text)
	switch k := kindOf(first); k {
	case symbol:
		return false
	case rightToLeft: // blanks and marks between words belong to them
		return kindOf(c) == k || r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	case letter:
		return kindOf(c) == k || kindOf(c) == blank
	default:
		return kindOf(c) == k
	}
}

// rgb is the colour of an entry of the palette's cube.
func rgb(entry uint8) string {
	levels := [...]uint8{0, 95, 135, 175, 215, 255}
	n := entry - 16
	return fmt.Sprintf("#%02x%02x%02x", levels[n/36], levels[n/6%6], levels[n%6])
}
