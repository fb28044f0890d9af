package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// readString reads the string whose opening quote comes next.
func (s *Scanner) readString() Value {
	start := s.pos + 1
	end := plainEnd(s.data, start)
	if end < len(s.data) && s.data[end] == '"' { // the usual case
		s.pos = end + 1
		return Value{uint32(start), uint32(end), String, plainFlag}
	}
	return s.readSpecialString(start, end)
}

// readSpecialString reads a string that has escapes or more than ASCII. It begins at
// start, and its bytes before special are plain ASCII.
func (s *Scanner) readSpecialString(start, special int) Value {
	what := s.skipString(special)
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
	length := len(s.decoded)
	s.decoded = appendUnquoted(s.decoded, s.data[v.From:v.To])
	v = Value{uint32(length), uint32(len(s.decoded)), String, decodedFlag}
	if isPlain(s.decoded[length:]) {
		v.flags |= plainFlag
	}
	return v
}

// seen is a set of kinds of bytes in a string that need more work.
type seen uint8

const (
	escaped seen = 1 << iota // a backslash
	high                     // a byte >= 0x7f: DEL, or more than ASCII
)

// skipString skips the rest of a string from i, which lies after its opening quote,
// and checks it. It returns what this rest contains.
func (s *Scanner) skipString(i int) (what seen) {
	data := s.data
	i, what = stringEnd(data, i)
	for i < len(data) && data[i] == '\\' {
		length := escapeLength(data[i:])
		if length == 0 {
			s.fail(i, "no escape after a backslash")
			return 0
		}
		end, more := stringEnd(data, i+length)
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

// Constants to look at eight bytes as one number.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// plainEnd returns the index of the first byte at or after i that is not plain ASCII
// (see [Value.Plain]), or the length of data. Most of the time for a frame is spent
// here, so it checks 8 bytes at a time.
func plainEnd(data []byte, i int) int {
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

// stringEnd returns the index of the first quote, backslash or C0 control character
// at or after i, or the length of data. Unlike plainEnd it passes DEL and bytes
// beyond ASCII, and reports in what whether there were any.
func stringEnd(data []byte, i int) (end int, what seen) {
	var or uint64
	for ; i+8 <= len(data); i += 8 {
		word := binary.LittleEndian.Uint64(data[i : i+8])
		stop := stops(word)
		if stop == 0 {
			or |= word | (word + ones) // adding 1 makes DEL 0x80
			continue
		}
		before := word & (stop&-stop - 1) // only the bits below the highest bit of the first stop
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

// specials sets the highest bit of each byte of the word that is not plain ASCII.
// Above the first such byte it may set more. It works as stops does, but bytes
// that have the highest bit themselves count too; adding 1 gives it to DEL.
func specials(word uint64) uint64 {
	quote := word ^ '\x02'*ones
	slash := word ^ '\\'*ones
	return ((quote - 0x21*ones) | (slash - ones) | word | (word + ones)) & highs
}

// stops sets the highest bit of each byte of the word that is a quote, a backslash
// or less than a space. Above the first such byte it may set more.
//
// Subtracting a limit from every byte sets the highest bit of those below it; &^
// word clears those that had it before. A quote xored with 2 is a space, which is
// below the limit 0x21 like everything that is less than a space. The other
// characters that the xor swaps stay on their side of the limit.
func stops(word uint64) uint64 {
	quote := word ^ '\x02'*ones
	slash := word ^ '\\'*ones
	return ((quote-0x21*ones)&^quote | (slash-ones)&^slash) & highs
}

// escapeLength returns the length of the escape at the beginning of data, 0 when it is
// not valid.
func escapeLength(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	switch data[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if unicodeEscape(data) >= 0 {
			return 6
		}
	}
	return 0
}

// unicodeEscape returns the value of the escape of the form \u0000 at the beginning of
// data, -1 when there is none.
func unicodeEscape(data []byte) rune {
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

// appendUnquoted appends the characters of a string that skipString has checked.
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

// unescape reads the escape at the beginning of raw, or two of them where they are
// the halves of a surrogate pair.
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
	r = unicodeEscape(raw)
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if pair := utf16.DecodeRune(r, unicodeEscape(raw[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

func isPlain(text []byte) bool {
	end, what := stringEnd(text, 0)
	return end == len(text) && (what == 0 || !hasControl(text))
}

// hasControl reports whether text, valid UTF-8, has DEL, a C1 control character
// (U+0080 to U+009F) or one of the separators U+2028 and U+2029.
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
