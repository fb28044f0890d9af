package decode

import (
	"bytes"
	"time"

	"github.com/restail/restail/decode/scan"
)

// maxDigits limits the digits made from a number with a decimal point or an
// exponent, since 1e999999999 has a billion. The largest ids in use, of 128 bits,
// have 39 digits.
const maxDigits = 64

// isInteger reports whether a number's literal is written as an integer, so that it can
// be an id as it is. -0 cannot: that id is 0.
func isInteger(literal []byte) bool {
	for _, c := range literal {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return string(literal) != "-0"
}

// appendInteger appends the digits of a number whose value is an integer, such
// as 12.0 or 1.2e3, exactly. It appends nothing, and ok is false, for a number
// with a fraction and for one of more than maxDigits digits.
func appendInteger(dst, literal []byte) (result []byte, ok bool) {
	mantissa, power := literal, 0
	if e := bytes.IndexAny(literal, "eE"); e >= 0 {
		mantissa, power = literal[:e], exponent(literal[e+1:])
	}
	result = dst
	mantissa, negative := bytes.CutPrefix(mantissa, []byte("-"))
	if negative {
		result = append(result, '-')
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits := append(append(result, whole...), fraction...)[len(result):]
	point := len(whole) + power // number of digits before the decimal point
	for len(digits) > 0 && digits[0] == '0' {
		digits, point = digits[1:], point-1
	}
	digits = bytes.TrimRight(digits, "0")
	switch {
	case len(digits) == 0:
		return append(dst, '0'), true
	case len(digits) > point, point > maxDigits:
		return dst, false
	}
	result = append(result, digits...)
	for range point - len(digits) {
		result = append(result, '0')
	}
	return result, true
}

// integer returns the value of a number that is an integer from 0 to 999,999,999,
// which includes all ids in the tables, and -1 for anything else.
func integer(v value) int {
	if v.Kind != scan.Number {
		return -1
	}
	n := digitsValue(v.Bytes)
	if n < 0 && !isInteger(v.Bytes) {
		var memory [64]byte
		digits, _ := appendInteger(memory[:0], v.Bytes)
		n = digitsValue(digits)
	}
	return n
}

// digitsValue returns the value of 1 to 9 digits, -1 for anything else.
func digitsValue(digits []byte) int {
	if len(digits) == 0 || len(digits) > 9 {
		return -1
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// isPositive reports whether the value is a number above 0.
func isPositive(v value) bool {
	return v.Kind == scan.Number && parseDecimal(v.Bytes).digits > 0
}

// decimal is a positive number. The zero decimal stands for a number that is not
// positive.
type decimal struct {
	digits int64 // from the first that is not 0
	count  int   // number of digits
	point  int   // number of digits before the decimal point
}

// parseDecimal reads a JSON number's literal. It drops digits after the first 16: a
// stamp uses 16 at most.
func parseDecimal(literal []byte) decimal {
	var d decimal
	fraction := false
	for i, c := range literal {
		switch {
		case c == '-':
			return decimal{}
		case c == '.':
			fraction = true
		case c == 'e' || c == 'E':
			d.point += exponent(literal[i+1:])
			return d
		case c == '0' && d.count == 0: // a leading zero
			if fraction {
				d.point--
			}
		default:
			if d.count < 16 {
				d.digits = d.digits*10 + int64(c-'0')
				d.count++
			}
			if !fraction {
				d.point++
			}
		}
	}
	return d
}

// exponent reads what follows the e of a number, up to about a billion.
func exponent(literal []byte) int {
	negative, n := false, 0
	for _, c := range literal {
		switch {
		case c == '-':
			negative = true
		case c != '+' && n < 100_000_000:
			n = n*10 + int(c-'0')
		}
	}
	if negative {
		return -n
	}
	return n
}

// The usable stamps, in milliseconds: those of the years 2000 to 9999.
const (
	firstStamp = 946_684_800_000
	lastStamp  = 253_402_300_799_999
)

// putTime writes the time at which the service stamped the action, or else the
// second of its receipt.
func (r *row) putTime(received time.Time) {
	t, ok := r.Stamp()
	if !ok {
		t = time.Unix(received.Unix(), 0)
	}
	r.SetTime(t)
}

// parseStamp reads a stamp: seconds since 1970, or milliseconds when it has 13
// digits before the point. It works on the digits, so that nothing is rounded, and
// drops those below a millisecond. It returns false when the stamp is not usable.
func parseStamp(stamp value) (time.Time, bool) {
	if stamp.Kind != scan.Number {
		return time.Time{}, false
	}
	d := parseDecimal(stamp.Bytes)
	if d.point < 1 || d.point > 13 {
		return time.Time{}, false
	}
	want := d.point + 3 // digits that make milliseconds
	if d.point == 13 {
		want = 13
	}
	for ; d.count < want; d.count++ {
		d.digits *= 10
	}
	for ; d.count > want; d.count-- {
		d.digits /= 10
	}
	if d.digits < firstStamp || d.digits > lastStamp {
		return time.Time{}, false
	}
	return time.UnixMilli(d.digits), true
}
