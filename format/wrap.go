package format

import (
	"bytes"

	"github.com/clipperhouse/displaywidth"
)

// measure measures text that has escape sequences of colours, which take no columns.
var measure = displaywidth.Options{ControlSequences: true}

const (
	// leastWidth is the width of the narrowest terminal that lines are wrapped
	// for.
	leastWidth = 8
	// leastText is the least width of the text under a message or an author.
	leastText = 16
	// leastIndent is the least indentation of a continuation, so that none can
	// be taken for a new line.
	leastIndent = 2
	// keptLine is the size in bytes of the largest line whose memory is kept.
	keptLine = 64 << 10
)

// wrapper breaks a line where it is longer than the terminal is wide.
type wrapper struct {
	out    []byte
	width  int
	indent int    // of a continuation
	column int    // where the next character goes
	style  []byte // the escape sequences of the styles that are on
}

// wrap wraps the line at the end of dst, from start on. What does not fit
// continues under the message, or under the author when the message begins too
// far to the right.
func (l *line) wrap(dst []byte, start, width int) []byte {
	if width < leastWidth || len(dst)-start <= width { // no character is wider than its bytes
		return dst
	}
	l.wrapText = append(l.wrapText[:0], dst[start:]...)
	head, indent := l.split(width)
	w := wrapper{out: dst[:start], width: width, indent: indent, style: l.wrapStyle[:0]}
	head = bytes.TrimRight(head, " ")
	w.put(head, measure.Bytes(head))
	for rest := l.wrapText[len(head):]; len(rest) > 0; {
		word := bytes.TrimLeft(rest, " ")
		blanks := rest[:len(rest)-len(word)]
		word, _, _ = bytes.Cut(word, []byte{' '})
		w.word(blanks, word)
		rest = rest[len(blanks)+len(word):]
	}
	l.wrapStyle = w.style
	if cap(l.wrapText) > keptLine {
		l.wrapText = nil
	}
	return w.out
}

// split returns the head of the line, which is not wrapped, and the column where
// the rest continues, which leaves some width for it.
func (l *line) split(width int) (head []byte, indent int) {
	head = l.wrapText[:min(l.body, len(l.wrapText))]
	least := max(leastText, width/3)
	for _, end := range [...]int{l.message, l.body} {
		if end == 0 || end > len(l.wrapText) {
			continue
		}
		if column := measure.Bytes(l.wrapText[:end]); width-column >= least {
			return l.wrapText[:end], column
		}
	}
	return head, leastIndent
}

// word writes a word and the blanks before it, or a line break instead of the
// blanks. A word of ASCII that is longer than a continuation, such as an address,
// gets the least indentation. A word that is even longer is broken at the width. So
// is a long word of another script, which can be a whole sentence.
func (w *wrapper) word(blanks, word []byte) {
	size := measure.Bytes(word)
	switch {
	case w.column+len(blanks)+size <= w.width:
		w.put(blanks, len(blanks))
		w.put(word, size)
		return
	case size > w.width-w.indent && size <= w.width-leastIndent && isASCII(word):
		w.breakLine(leastIndent)
	case size <= w.width-w.indent, w.column+len(blanks) >= w.width:
		w.breakLine(w.indent)
	default:
		w.put(blanks, len(blanks))
	}
	for g := measure.BytesGraphemes(word); g.Next(); {
		if w.column+g.Width() > w.width {
			w.breakLine(w.indent)
		}
		w.put(g.Value(), g.Width())
	}
}

// put writes text on the current line, and keeps track of its styles.
func (w *wrapper) put(text []byte, width int) {
	w.out = append(w.out, text...)
	w.column += width
	for {
		_, rest, found := bytes.Cut(text, []byte{'\x1b'})
		if !found {
			return
		}
		end := bytes.IndexByte(rest, 'm') + 1
		if string(rest[:end]) == "[0m" {
			w.style = w.style[:0]
		} else {
			w.style = append(append(w.style, '\x1b'), rest[:end]...)
		}
		text = rest[end:]
	}
}

// breakLine begins a continuation, unless one has just begun. The indentation
// has no colours.
func (w *wrapper) breakLine(indent int) {
	if w.column <= indent {
		return
	}
	if len(w.style) > 0 {
		w.out = append(w.out, "\x1b[0m"...)
	}
	w.out = appendBlanks(append(w.out, '\n'), indent)
	w.out = append(w.out, w.style...)
	w.column = indent
}
