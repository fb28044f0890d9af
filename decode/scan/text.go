package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads the string of which the opening quote was seen.
func (s *Scanner) text() Value {
	start := s.pos + 1
	end := plain(s.data, start)
	if end < len(s.data) && s.data[end] == '"' { // nearly always
		s.pos = end + 1
		return Value{uint32(start), uint32(end), String, plainFlag}
	}
	return s.specialText(start, end)
}

// specialText is text for a string that has escapes or more than ASCII. What
// stands from start up to special is plain.
func (s *Scanner) specialText(start, special int) Value {
	what := s.quoted(special)
	if s.err != nil {
		return Value{}
	}
	v := Value{uint32(start), uint32(s.pos - 1), String, 0}
	if rest := s.data[special : s.pos-1]; what&escaped == 0 && utf8.Valid(rest) {
		if !hasControl(rest) {
			v.flags = plainFlag
		}
		return v
	}
	length := len(s.own)
	s.own = appendUnquoted(s.own, s.data[v.From:v.To])
	v = Value{uint32(length), uint32(len(s.own)), String, ownFlag}
	if isPlain(s.own[length:]) {
		v.flags |= plainFlag
	}
	return v
}

// seen is what a string between its quotes may need more work for.
type seen uint8

const (
	escaped seen = 1 << iota // a backslash
	high                     // a byte from 0x7f on: DEL, or more than ASCII
)

// quoted reads over a string from i on, which is behind its opening quote, and
// checks it. It tells what there was from i on.
func (s *Scanner) quoted(i int) (what seen) {
	data := s.data
	i, what = run(data, i)
	for i < len(data) && data[i] == '\\' {
		length := escape(data[i:])
		if length == 0 {
			s.fail(i, "no escape after a backslash")
			return 0
		}
		end, more := run(data, i+length)
		i, what = end, what|more|escaped
	}
	s.pos = i
	if i == len(data) || data[i] != '"' {
		s.unexpected("in a string")
		return 0
	}
	s.pos++
	return what
}

// Eight bytes are looked at as one number; these repeat a byte in each of them.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// plain returns where the first byte at or after i stands that is not plain
// ASCII, see [Value]: a quote, a backslash, a control character, DEL, a byte of
// more than ASCII, or the end of data. Most of the work on a frame is done
// here, 8 bytes at a time.
func plain(data []byte, i int) int {
	for ; i+8 <= len(data); i += 8 {
		word := binary.LittleEndian.Uint64(data[i : i+8])
		if stop := specials(word); stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for i < len(data) && data[i] >= ' ' && data[i] < 0x7f && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// run is plain for strings that are more than that. It returns where the first
// byte stands that does not belong to a string as it is: a quote, a backslash, a
// control character of C0, or the end of data.
func run(data []byte, i int) (end int, what seen) {
	var or uint64
	for ; i+8 <= len(data); i += 8 {
		word := binary.LittleEndian.Uint64(data[i : i+8])
		stop := stops(word)
		if stop == 0 {
			or |= word | (word + ones) // adding 1 makes DEL 0x80
			continue
		}
		before := word & (stop&-stop - 1) // the bytes before the first stop, and 7 bits of it
		or |= before | (before + ones)
		i += bits.TrailingZeros64(stop) / 8
		if or&highs != 0 {
			what = high
		}
		return i, what
	}
	for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' {
		or |= uint64(data[i]) | (uint64(data[i]) + 1)
		i++
	}
	if or&highs != 0 {
		what = high
	}
	return i, what
}

// specials marks the bytes of the word that are not plain ASCII, with the
// highest bit of each. Above the first one it may mark more. It is stops without
// the care for bytes that have the highest bit themselves; DEL gets it by adding 1.
func specials(word uint64) uint64 {
	quote := word ^ '\x02'*ones
	slash := word ^ '\\'*ones
	return ((quote - 0x21*ones) | (slash - ones) | word | (word + ones)) & highs
}

// stops marks the bytes of the word that are a quote, a backslash or less than
// a blank, with the highest bit of each. Above the first one it may mark more.
//
// Subtracting a limit from every byte sets the highest bit of those below it;
// &^ word leaves out those that had it before. A quote, xored with 2, is a
// blank, and so just below the limit 0x21 together with all that is less than
// a blank; the characters that 2 changes into one another stay on their side.
func stops(word uint64) uint64 {
	quote := word ^ '\x02'*ones
	slash := word ^ '\\'*ones
	return ((quote-0x21*ones)&^quote | (slash-ones)&^slash) & highs
}

// escape returns the length of the escape at the beginning of data, 0 when it
// is none.
func escape(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	switch data[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if unit(data) >= 0 {
			return 6
		}
	}
	return 0
}

// unit returns the number that an escape of the form \u0000 at the beginning
// of data stands for, -1 when there is none.
func unit(data []byte) rune {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range data[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// appendUnquoted appends the characters of a string that quoted has checked.
func appendUnquoted(dst, raw []byte) []byte {
	dst = slices.Grow(dst, len(raw))
	for len(raw) > 0 {
		if raw[0] == '\\' {
			r, length := unescape(raw)
			dst, raw = utf8.AppendRune(dst, r), raw[length:]
			continue
		}
		part := raw
		if i := bytes.IndexByte(raw, '\\'); i >= 0 {
			part = raw[:i]
		}
		raw = raw[len(part):]
		if utf8.Valid(part) {
			dst = append(dst, part...)
			continue
		}
		for len(part) > 0 {
			r, length := utf8.DecodeRune(part)
			dst, part = utf8.AppendRune(dst, r), part[length:]
		}
	}
	return dst
}

// unescape reads the escape at the beginning of raw: two of them where they
// are the halves of a surrogate pair.
func unescape(raw []byte) (r rune, length int) {
	switch c := raw[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return rune(c), 2
	}
	r = unit(raw)
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if pair := utf16.DecodeRune(r, unit(raw[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

func isPlain(text []byte) bool {
	end, what := run(text, 0)
	return end == len(text) && (what == 0 || !hasControl(text))
}

// hasControl finds DEL, C1, which is U+0080 to U+009F, and the separators U+2028
// and U+2029 in text that is valid UTF-8.
func hasControl(text []byte) bool {
	return bytes.IndexByte(text, 0x7f) >= 0 || hasC1(text) || hasSeparator(text)
}

func hasC1(text []byte) bool {
	for {
		i := bytes.IndexByte(text, 0xc2)
		if i < 0 {
			return false
		}
		if text = text[i+1:]; text[0] < 0xa0 {
			return true
		}
	}
}

func hasSeparator(text []byte) bool {
	for {
		i := bytes.IndexByte(text, 0xe2)
		if i < 0 {
			return false
		}
		if text = text[i+1:]; text[0] == 0x80 && text[1]&^1 == 0xa8 {
			return true
		}
	}
}
