package format

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format/safe"
)

// line is the line of text being written. Text from chatters must be written with
// show, list or pair, which make it safe.
type line struct {
	out     []byte
	color   bool
	painted bool // a style is on
	open    bool // the brackets for remarks are open

	start   int // where the line begins in out
	body    int // where the author begins, counted from start
	message int // where the message begins, counted from start; 0 without one

	wrapText, wrapStyle []byte // memory for wrap
}

// begin begins a line at the end of dst.
func (l *line) begin(dst []byte, color bool) {
	*l = line{out: dst, color: color, start: len(dst), wrapText: l.wrapText, wrapStyle: l.wrapStyle}
}

// beginMessage stores that the message begins here. Only the first call counts.
func (l *line) beginMessage() {
	if l.message == 0 {
		l.message = len(l.out) - l.start
	}
}

// style is the part between CSI and m of a terminal's escape sequence; ""
// changes nothing.
type style string

const (
	dim  style = "2"
	bold style = "1"
)

// say appends text of restail's own.
func (l *line) say(text string) { l.out = append(l.out, text...) }

// show appends text from a chatter, without the blanks at its end.
func (l *line) show(text []byte) { l.out = safe.Append(l.out, trimBlanks(text)) }

func trimBlanks(text []byte) []byte {
	if n := len(text); n == 0 || ' ' < text[n-1] && text[n-1] < utf8.RuneSelf {
		return text
	}
	return bytes.TrimRightFunc(text, func(r rune) bool { return unicode.Is(unicode.Zs, r) })
}

// paint turns a style on, until the next reset.
func (l *line) paint(s style) {
	if l.color && s != "" {
		l.out = append(l.out, '\x1b', '[')
		l.out = append(l.out, s...)
		l.out = append(l.out, 'm')
		l.painted = true
	}
}

// paintColor turns on the colour of an entry of the palette, until the next reset.
func (l *line) paintColor(entry uint8) {
	if l.color {
		l.out = append(l.out, "\x1b[38;5;"...)
		l.out = strconv.AppendUint(l.out, uint64(entry), 10)
		l.out = append(l.out, 'm')
		l.painted = true
	}
}

// reset turns all styles off.
func (l *line) reset() {
	if l.painted {
		l.say("\x1b[0m")
	}
	l.painted = false
}

// list appends strings, separated by commas.
func (l *line) list(items []record.Chars) {
	for i, item := range items {
		if i > 0 {
			l.say(", ")
		}
		l.show(item.Bytes)
	}
}

// remark begins a remark in the brackets behind a name, which it opens if needed.
func (l *line) remark(text string) {
	if l.open {
		l.say(", ")
	} else {
		l.say(" [")
	}
	l.open = true
	l.say(text)
}

// close closes the brackets for remarks.
func (l *line) close() {
	if l.open {
		l.say("]")
	}
	l.open = false
}

// pair appends a field: its name, and its value as JSON.
func (l *line) pair(name, json []byte) {
	l.say(" ")
	l.show(name)
	l.say("=")
	l.out = safe.AppendJSON(l.out, json)
}

// rest appends all fields of the record that are not in shown.
func (l *line) rest(r *record.Record, shown fields) {
	for f := range r.All {
		if !shown.has(f) {
			l.pair([]byte(f.Name()), appendFieldValue(nil, r, f, columns[f].kind))
		}
	}
}

// fields is a set of fields.
type fields [record.Count]bool

func fieldSet(members ...record.Field) (set fields) {
	for _, f := range members {
		set[f] = true
	}
	return set
}

func (s *fields) has(f record.Field) bool { return s[f] }
