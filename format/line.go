package format

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format/safe"
)

// line is a line of text being written. Text from chatters enters through show,
// list and pair only, which make it safe.
type line struct {
	out     []byte
	color   bool
	painted bool
	open    bool // inside the brackets behind a name

	start   int // where the line begins in out
	body    int // where the author begins, counted from start
	message int // where the message begins, counted from start; 0 without one

	whole, style []byte // memory for wrap
}

// begin begins a line at the end of dst.
func (l *line) begin(dst []byte, color bool) {
	*l = line{out: dst, color: color, start: len(dst), whole: l.whole, style: l.style}
}

// beginMessage notes that the message begins here.
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

// say appends text of our own.
func (l *line) say(text string) { l.out = append(l.out, text...) }

// show appends text from a chatter, without the blanks at its end.
func (l *line) show(text []byte) { l.out = safe.Append(l.out, trimBlanks(text)) }

func trimBlanks(text []byte) []byte {
	if n := len(text); n == 0 || ' ' < text[n-1] && text[n-1] < utf8.RuneSelf {
		return text
	}
	return bytes.TrimRightFunc(text, func(r rune) bool { return unicode.Is(unicode.Zs, r) })
}

// paint changes the style for what follows, until the next reset.
func (l *line) paint(s style) {
	if l.color && s != "" {
		l.out = append(l.out, '\x1b', '[')
		l.out = append(l.out, s...)
		l.out = append(l.out, 'm')
		l.painted = true
	}
}

// paintColor is paint with an entry of the palette.
func (l *line) paintColor(entry uint8) {
	if l.color {
		l.out = append(l.out, "\x1b[38;5;"...)
		l.out = strconv.AppendUint(l.out, uint64(entry), 10)
		l.out = append(l.out, 'm')
		l.painted = true
	}
}

// reset ends what paint began.
func (l *line) reset() {
	if l.painted {
		l.say("\x1b[0m")
	}
	l.painted = false
}

// list appends strings with commas between.
func (l *line) list(items []record.Chars) {
	for i, item := range items {
		if i > 0 {
			l.say(", ")
		}
		l.show(item.Bytes)
	}
}

// remark begins a remark in the brackets behind a name.
func (l *line) remark(text string) {
	if l.open {
		l.say(", ")
	} else {
		l.say(" [")
	}
	l.open = true
	l.say(text)
}

// close ends the remarks.
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
