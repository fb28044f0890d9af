package format

import (
	"bytes"

	"github.com/clipperhouse/displaywidth"
)

// measure measures text with colours, which take no columns.
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
	// keptLine is the size in bytes up to which the memory for a line is kept.
	keptLine = 64 << 10
)

// wrapper breaks a line where it is longer than the terminal is wide.
type wrapper struct {
	out    []byte
	width  int
	indent int    // of a continuation
	column int    // where the next character goes
	style  []byte // the escape sequences since the last reset
}

// wrap wraps the line at the end of dst, from start on. What does not fit
// continues under the message, or under the author when the message begins too
// far to the right.
func (l *line) wrap(dst []byte, start, width int) []byte {
	if width < leastWidth || len(dst)-start <= width { // no character is wider than its bytes
		return dst
	}
	l.whole = append(l.whole[:0], dst[start:]...)
	head, indent := l.split(width)
	w := wrapper{out: dst[:start], width: width, indent: indent, style: l.style[:0]}
	head = bytes.TrimRight(head, " ")
	w.put(head, measure.Bytes(head))
	for rest := l.whole[len(head):]; len(rest) > 0; {
		word := bytes.TrimLeft(rest, " ")
		blanks := rest[:len(rest)-len(word)]
		word, _, _ = bytes.Cut(word, []byte{' '})
		w.word(blanks, word)
		rest = rest[len(blanks)+len(word):]
	}
	l.style = w.style
	if cap(l.whole) > keptLine {
		l.whole = nil
	}
	return w.out
}

// split returns the part of the line that is not wrapped, and the column where
// the rest continues: one that leaves room for some text.
func (l *line) split(width int) (head []byte, indent int) {
	head = l.whole[:min(l.body, len(l.whole))]
	least := max(leastText, width/3)
	for _, end := range [...]int{l.message, l.body} {
		if end == 0 || end > len(l.whole) {
			continue
		}
		if column := measure.Bytes(l.whole[:end]); width-column >= least {
			return l.whole[:end], column
		}
	}
	return head, leastIndent
}

// word writes a word and the blanks before it, or a line break instead of the
// blanks. A word of ASCII that is longer than a continuation, such as an address,
// gets the least indentation. What is longer still is broken at the width, and so
// are long words of other scripts, which can be whole sentences.
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

// put writes text on the current line.
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
