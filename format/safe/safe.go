// Package safe makes text from chatters safe to show on a terminal: characters
// that can move the cursor, set a colour, forge a line, reorder other characters
// or hide text are shown as escapes.
//
// Shown as an escape are
//
//   - control characters: C0 with tab and newline, DEL, C1;
//   - the line and the paragraph separator, U+2028 and U+2029;
//   - bidirectional embeddings, overrides and isolates, U+202A to U+202E and
//     U+2066 to U+2069, and the deprecated format controls up to U+206F, which
//     change how digits and brackets of right-to-left text look;
//   - tag characters and the invisible code points around them, U+E0000 to
//     U+E0FFF, outside a flag: they can spell any ASCII text without showing it.
//     A flag is U+1F3F4, three to seven tag letters or digits (a region with its
//     subdivision) and U+E007F;
//   - variation selectors at the beginning of the text or after a different
//     selector: a selector chooses the form of the character before it, but
//     several in a row can hide text;
//   - interlinear annotation characters, U+FFF9 to U+FFFB, which mark text that
//     need not be shown;
//   - bytes that are not UTF-8.
//
// Everything else stays: all scripts, combining marks, joined emoji, skin tones,
// flags. So do invisible characters that spelling needs or that affect only their
// own place: joiners, the implicit direction marks U+200E, U+200F and
// U+061C (Arabic and Hebrew need them beside digits and punctuation), the soft
// hyphen, U+FEFF, the invisible operators.
//
// Escapes look like \x1b below U+0100 and for a byte, like \u202e below U+10000
// and like \U000e0041 above. Backslashes are not escaped, since names and shrugs
// are full of them. So an escape looks like the typed characters \x1b; in ndjson
// they differ.
package safe

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// style says how an escape looks and which characters need none.
type style uint8

const (
	people style = iota
	tabbed       // tabs stay
	json         // escapes are JSON's
)

// Append appends the text, made safe. Safe text does not change.
func Append(dst, text []byte) []byte { return escape(dst, text, people) }

// AppendTabbed is like Append, but tabs stay: the output of a filter can be a table.
func AppendTabbed(dst, text []byte) []byte { return escape(dst, text, tabbed) }

// AppendJSON appends JSON, in which control characters are escaped already. It writes
// other unsafe characters as JSON escapes, so that the value stays the same.
func AppendJSON(dst, text []byte) []byte { return escape(dst, text, json) }

// String returns the text made safe.
func String(text string) string { return string(Append(nil, []byte(text))) }

func escape(dst, text []byte, as style) []byte {
	done := 0 // text[:done] is written
	for i := 0; i < len(text); {
		i += printable(text[i:])
		i += letters(text[i:])
		if i == len(text) {
			break
		}
		r, n := utf8.DecodeRune(text[i:])
		harm := false
		switch {
		case ' ' <= r && r <= '~': // printable ASCII after letters
		case r < 0xa0:
			harm = r != '\t' || as != tabbed
		case r == utf8.RuneError:
			harm = n == 1
		case r == blackFlag:
			n += flagTags(text[i+n:])
		case isSelector(r):
			before, _ := utf8.DecodeLastRune(text[:i])
			harm = i == 0 || isSelector(before) && before != r
		default:
			harm = isHarmful(r)
		}
		if harm {
			dst = append(dst, text[done:i]...)
			dst = appendEscape(dst, r, text[i:i+n], as)
			done = i + n
		}
		i += n
	}
	return append(dst, text[done:]...)
}

// printable returns the number of ASCII bytes without control characters at the
// beginning of the text.
func printable(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		// The first byte whose high bit is set is not printable. Ignore the high bits
		// after it: the subtraction carries.
		if stop := ((w - ' '*ones) | w | (w + ones)) & highs; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for i < len(text) && ' ' <= text[i] && text[i] <= '~' {
		i++
	}
	return i
}

// letters returns the number of bytes at the beginning of the text that belong to
// characters whose first byte shows that they are safe: those of most scripts.
func letters(text []byte) int {
	isRest := func(b byte) bool { return b&0xc0 == 0x80 }
	i := 0
	for i+2 < len(text) {
		switch lead := text[i]; {
		case 0xc3 <= lead && lead <= 0xdf && isRest(text[i+1]):
			i += 2
		case (lead == 0xe1 || 0xe3 <= lead && lead <= 0xec) && isRest(text[i+1]) && isRest(text[i+2]):
			i += 3
		default:
			return i
		}
	}
	return i
}

// isHarmful reports whether a character above C1 is unsafe outside a flag.
func isHarmful(r rune) bool {
	switch {
	case r < 0x2028:
		return false
	case r <= 0x202e, 0x2066 <= r && r <= 0x206f:
		return true
	case 0xfff9 <= r && r <= 0xfffb:
		return true
	}
	return 0xe0000 <= r && r <= 0xe0fff
}

func isSelector(r rune) bool {
	return 0xfe00 <= r && r <= 0xfe0f || 0xe0100 <= r && r <= 0xe01ef
}

const blackFlag, cancelTag = 0x1f3f4, 0xe007f

// flagTags returns the length in bytes of the tags that make a black flag the
// flag of a region, 0 when the text does not begin with such tags.
func flagTags(text []byte) int {
	const shortest, longest = 3, 7
	at := 0
	for count := 0; ; count++ {
		r, n := utf8.DecodeRune(text[at:])
		at += n
		switch {
		case r == cancelTag && count >= shortest:
			return at
		case count == longest || !isTagSpec(r):
			return 0
		}
	}
}

// isTagSpec reports whether r is the tag of a digit or a small letter.
func isTagSpec(r rune) bool {
	return 0xe0030 <= r && r <= 0xe0039 || 0xe0061 <= r && r <= 0xe007a
}

func appendEscape(dst []byte, r rune, bytes []byte, as style) []byte {
	switch {
	case as == json && r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return appendHex(appendHex(dst, 'u', 4, high), 'u', 4, low)
	case as == json:
		return appendHex(dst, 'u', 4, r)
	case r == utf8.RuneError:
		return appendHex(dst, 'x', 2, rune(bytes[0]))
	case r < 0x100:
		return appendHex(dst, 'x', 2, r)
	case r <= 0xffff:
		return appendHex(dst, 'u', 4, r)
	}
	return appendHex(dst, 'U', 8, r)
}

func appendHex(dst []byte, letter byte, digits int, r rune) []byte {
	dst = append(dst, '\\', letter)
	for digits--; digits >= 0; digits-- {
		dst = append(dst, "0123456789abcdef"[r>>(4*digits)&15])
	}
	return dst
}
