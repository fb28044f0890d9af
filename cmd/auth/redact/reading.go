package redact

import (
	"html"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// layers is how many layers of escapes are undone.
	layers = 4
	// minDigits is how many base64 digits in a row are worth decoding.
	minDigits = 8
)

// A reading is a text after some decoding.
type reading struct {
	text    string
	places  []place // of each byte in the original; nil when this is the original
	encoded bool    // it was base64
}

// A place is a part of a text.
type place struct{ from, to int }

// where returns the place of a part of the reading in the original.
func (r *reading) where(from, to int) place {
	if r.places == nil {
		return place{from, to}
	}
	return place{r.places[from].from, r.places[to-1].to}
}

// readings yields the text as it is, then with one layer of escapes undone after
// the other; and after each of them its base64 digits, decoded.
func readings(text string) iter.Seq[reading] {
	return func(yield func(reading) bool) {
		r, more := reading{text: text}, true
		for layer := 0; more && layer <= layers; layer++ {
			if !yield(r) {
				return
			}
			for skip := range 4 { // the first digit need not be the first of a group
				if b := r.decoded(skip); b.text != "" && !yield(b) {
					return
				}
			}
			r, more = r.unescaped()
		}
	}
}

// unescaped undoes one layer of escapes, if there are any.
func (r *reading) unescaped() (plain reading, changed bool) {
	if !strings.ContainsAny(r.text, `%\&`) {
		return reading{}, false
	}
	var text strings.Builder
	for at := 0; at < len(r.text); {
		char, n := unescape(r.text[at:])
		if n == 0 {
			char, n = r.text[at:at+1], 1
		} else {
			changed = true
		}
		text.WriteString(char)
		for range len(char) {
			plain.places = append(plain.places, r.where(at, at+n))
		}
		at += n
	}
	plain.text = text.String()
	return plain, changed
}

// decoded decodes each row of base64 digits, except for its first skip digits.
func (r *reading) decoded(skip int) reading {
	plain := reading{encoded: true}
	var text []byte
	for from := 0; from < len(r.text); from++ {
		to := from
		for to < len(r.text) && (digit(r.text[to]) >= 0 || isControl(r.text[to])) {
			to++
		}
		if to-from >= minDigits {
			text = r.decode(text, from+skip, to, &plain.places)
		}
		from = to
	}
	plain.text = string(text)
	return plain
}

// decode appends the bytes that the base64 digits from from to to decode to, and
// the place of each.
func (r *reading) decode(text []byte, from, to int, places *[]place) []byte {
	bits, have, last := 0, 0, 0
	for at := from; at < to; at++ {
		value := digit(r.text[at])
		if value < 0 {
			continue // a line end
		}
		bits, have = bits<<6&0xfff|value, have+6
		if have >= 8 {
			have -= 8
			text = append(text, byte(bits>>have))
			*places = append(*places, place{r.where(last, last+1).from, r.where(at, at+1).to})
		}
		last = at
	}
	return text
}

// digit returns the value of a digit of either base64 alphabet, -1 for any other
// byte.
func digit(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+', c == '-':
		return 62
	case c == '/', c == '_':
		return 63
	}
	return -1
}

// isControl reports whether c can interrupt a text: a line end, or the NUL of
// UTF-16.
func isControl(c byte) bool { return c < ' ' }

// isEscape reports whether an escape can begin with c.
func isEscape(c byte) bool { return isControl(c) || strings.IndexByte(`%\&+=`, c) >= 0 }

// unescape decodes the escape at the beginning of text in the most likely way,
// and returns its length, 0 when there is none.
func unescape(text string) (char string, n int) {
	switch text[0] {
	case '%':
		return hexByte(text, 1)
	case '\\':
		return backslash(text)
	case '&':
		for char, n = range entities(text) {
			continue // the last is the longest
		}
	}
	return char, n
}

// escapes yields every way to decode an escape at the beginning of text, with
// its length.
func escapes(text string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		switch c := text[0]; {
		case c == '%':
			percent(text, yield)
		case c == '\\':
			if char, n := backslash(text); n > 0 {
				yield(char, n)
			}
		case c == '&':
			entities(text)(yield)
		case c == '+': // a blank in a query
			yield(" ", 1)
		case c == '=':
			if char, n := quotedPrintable(text); n > 0 {
				yield(char, n)
			}
		case isControl(c):
			yield("", 1)
		}
	}
}

func percent(text string, yield func(string, int) bool) {
	for at := 1; ; at += 2 {
		char, n := hexByte(text, at)
		// Encoded twice, the percent sign itself is %25.
		if n == 0 || !yield(char, n) || char != "%" {
			return
		}
	}
}

func backslash(text string) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	switch text[1] {
	case '"', '\'', '\\', '/':
		return text[1:2], 2
	case 'n', 'r', 't':
		return "\n", 2 // any control character will do
	case 'x':
		return hexByte(text, 2)
	case 'u':
		if isHex(text, 2, 4) {
			return string(utf8.AppendRune(nil, rune(hex(text[2:6])))), 6
		}
	}
	return "", 0
}

// entities yields the HTML entities at the beginning of text. The semicolon is
// often missing.
func entities(text string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		const longest = 32
		for n := 2; n <= min(len(text), longest); n++ {
			c := text[n-1]
			if c != '#' && c != ';' && !isAlphanumeric(c) {
				return
			}
			char := html.UnescapeString(text[:n])
			if utf8.RuneCountInString(char) == 1 && !yield(char, n) || c == ';' {
				return
			}
		}
	}
}

// quotedPrintable decodes an equals sign: a soft line break, or two digits.
func quotedPrintable(text string) (string, int) {
	for _, end := range []string{"=\n", "=\r\n"} {
		if strings.HasPrefix(text, end) {
			return "", len(end)
		}
	}
	return hexByte(text, 1)
}

// hexByte decodes the two digits at a position in an escape, and returns the
// length of the escape with them.
func hexByte(text string, at int) (string, int) {
	if !isHex(text, at, 2) {
		return "", 0
	}
	return string([]byte{byte(hex(text[at : at+2]))}), at + 2
}

func isHex(text string, at, n int) bool {
	if at+n > len(text) {
		return false
	}
	for _, c := range []byte(text[at : at+n]) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// hex decodes digits that isHex has accepted.
func hex(digits string) uint64 {
	n, _ := strconv.ParseUint(digits, 16, 32)
	return n
}
