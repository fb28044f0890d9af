package format

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendValue appends a gojq value as compact JSON with sorted keys, as jq
// writes it: NaN is null, an infinity is the largest number. Only strings
// differ: see [appendQuoted].
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case float64:
		return appendFloat(dst, v)
	case *big.Int:
		return v.Append(dst, 10)
	case json.Number:
		return append(dst, v...)
	case string:
		return appendQuoted(dst, []byte(v))
	case []any:
		return appendArray(dst, v)
	case map[string]any:
		return appendObject(dst, v)
	}
	// gojq has no other type today. A new one would still be shown.
	return appendQuoted(dst, fmt.Append(nil, v))
}

func appendArray(dst []byte, values []any) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, v)
	}
	return append(dst, ']')
}

func appendObject(dst []byte, object map[string]any) []byte {
	type member struct {
		key   string
		value any
	}
	var few [32]member
	members := few[:0]
	for key, value := range object {
		members = append(members, member{key, value})
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, []byte(m.key))
		dst = append(dst, ':')
		dst = appendValue(dst, m.value)
	}
	return append(dst, '}')
}

// appendFloat appends a number as JavaScript writes it: from 1e-6 up to 1e21 without
// an exponent, others in the form 1e-7 and 1e+21.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) {
		return append(dst, "null"...)
	}
	f = min(max(f, -math.MaxFloat64), math.MaxFloat64)
	size := math.Abs(f)
	if size == 0 || 1e-6 <= size && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst = append(dst[:n-2], dst[n-1])
	}
	return dst
}

// appendQuoted appends a JSON string. It escapes control characters, DEL and C1
// included, and U+2028 and U+2029, which end a line for JavaScript and Python.
// Bytes that are not UTF-8 become U+FFFD. All other characters stay, <, > and &
// included.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	done := 0 // text[:done] is written
	for i := 0; i < len(text); {
		if i += unescaped(text[i:]); i == len(text) {
			break
		}
		r, n := utf8.DecodeRune(text[i:])
		if r >= 0xa0 && r != '\u2028' && r != '\u2029' && !(r == utf8.RuneError && n == 1) {
			i += n
			continue
		}
		dst = append(dst, text[done:i]...)
		dst = appendEscape(dst, r)
		i += n
		done = i
	}
	dst = append(dst, text[done:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	if at := strings.IndexRune("\"\\\b\f\n\r\t", r); at >= 0 {
		return append(dst, '\\', `"\bfnrt`[at])
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// unescaped returns the number of ASCII bytes at the beginning of the text that
// need no escape in a JSON string.
func unescaped(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		quote, backslash := w^'"'*ones, w^'\\'*ones
		// The first byte whose high bit is set needs an escape. Ignore the high bits
		// after it: the subtractions carry.
		stop := (w | (w - ' '*ones) | (w + ones) | (quote - ones) | (backslash - ones)) & highs
		if stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for i < len(text) && ' ' <= text[i] && text[i] <= '~' && text[i] != '"' && text[i] != '\\' {
		i++
	}
	return i
}
