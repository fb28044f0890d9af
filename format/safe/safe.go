// Package safe makes text of strangers harmless to a terminal: what could
// move the cursor, set a colour, forge a line, turn the order of the
// characters around or hide is shown as an escape.
//
// Shown as an escape are
//
//   - control characters: C0 with tab and newline, DEL, C1;
//   - the line and the paragraph separator, U+2028 and U+2029;
//   - bidirectional embeddings, overrides and isolates, U+202A to U+202E and
//     U+2066 to U+2069, and the deprecated format controls behind them, up to
//     U+206F, which change how digits and brackets of a right-to-left text look;
//   - tag characters and their whole plane of invisible code points, U+E0000 to
//     U+E0FFF, unless they make a flag: a hidden copy of the whole of ASCII.
//     A flag is U+1F3F4, three to seven tag letters or digits (the length of a
//     region with its subdivision) and U+E007F;
//   - variation selectors with nothing before them or behind another, different
//     one: one picks the form of the character that it follows, a row of them
//     is a hidden text too;
//   - interlinear annotation characters, U+FFF9 to U+FFFB, which mark text that
//     need not be shown;
//   - bytes that are not UTF-8.
//
// All else stays as it is: every script, combining marks, joined emoji, skin
// tones, flags. So do the invisible characters that spelling needs or that
// change no more than their own place: the joiners, the implicit direction
// marks U+200E, U+200F and U+061C (an Arabic or Hebrew text needs them beside
// digits and punctuation), the soft hyphen, U+FEFF, the invisible operators.
//
// The forms are \x1b below U+0100 and for a byte, \u202e below U+10000 and
// \U000e0041 above. A backslash is left alone, so a stranger who types the four
// characters \x1b is not told from one who sent the control character: neither
// harms, and names and shrugs are full of backslashes. The ndjson format is
// the one that tells them apart.
package safe

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// style says how an escape looks and what is let through.
type style uint8

const (
	people style = iota
	tabbed       // tabs stay
	json         // escapes are JSON's
)

// Append appends the text, made safe. Safe text passes unchanged, so doing it
// twice does no harm.
func Append(dst, text []byte) []byte { return escape(dst, text, people) }

// AppendTabbed is Append, but tabs stay: for the output of a filter, which may
// be a table.
func AppendTabbed(dst, text []byte) []byte { return escape(dst, text, tabbed) }

// AppendJSON appends text that is JSON on one line with its control characters
// escaped, and writes what else is not safe as JSON's own escapes: it stays
// JSON, and of the same value.
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
		case ' ' <= r && r <= '~': // letters stopped here
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

// printable returns how many bytes of ASCII without control characters the
// text begins with.
func printable(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		// A byte's high bit is set when it is below ' ', above '~', or behind
		// one that is: only the first one counts.
		if stop := ((w - ' '*ones) | w | (w + ones)) & highs; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for i < len(text) && ' ' <= text[i] && text[i] <= '~' {
		i++
	}
	return i
}

// letters returns how many bytes of characters that are never harmful the text
// begins with, as far as their first byte tells it: those of most scripts.
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

// isHarmful says whether a character beyond C1 is never shown as it is, unless
// it belongs to a flag.
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

// flagTags returns how many bytes of tags behind a black flag make it the flag
// of a region: 0 when they do not.
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

// isTagSpec says whether the tag is that of a digit or a small letter.
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
