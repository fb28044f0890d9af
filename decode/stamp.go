package decode

import (
	"time"

	"github.com/restail/restail/decode/scan"
)

// The stamps that are believed, in milliseconds: those of the years 2000 to 9999.
const (
	firstStamp = 946_684_800_000
	lastStamp  = 253_402_300_799_999
)

// putTime writes when the service stamped the action, or else the second of
// its receipt.
func (r *row) putTime(now func() time.Time) {
	t, ok := instant(r.value(keyTimestamp))
	if !ok {
		t = time.Unix(now().Unix(), 0)
	}
	r.SetTime(t)
}

// Stamp reads the time that the service stamped a frame with, and nothing else
// of it; false without a stamp that is believed, and for a frame that is not
// JSON. It is what a replay is paced by.
func Stamp(frame []byte) (time.Time, bool) {
	var s scan.Scanner
	var stamp scan.Value
	s.Reset(frame, nil)
	for key, ok := s.Object(); ok; key, ok = s.Member() {
		if string(key) == "timestamp" {
			stamp = s.Value()
		} else {
			s.Skip()
		}
	}
	if s.End() != nil {
		return time.Time{}, false
	}
	return instant(value{stamp.Bytes(frame, s.Own()), stamp.Kind, stamp.Plain()})
}

// instant reads a stamp: seconds since 1970, or milliseconds when it has 13
// digits. The digits are taken as they are, so that no fraction is rounded; of
// a fraction three digits count. It is false without a stamp to be believed.
func instant(stamp value) (time.Time, bool) {
	if stamp.Kind != scan.Number {
		return time.Time{}, false
	}
	if seconds, ok := tenDigits(stamp.Bytes); ok { // nearly always
		return time.Unix(seconds, 0), true
	}
	d := parseDecimal(stamp.Bytes)
	if d.point < 1 || d.point > 13 {
		return time.Time{}, false
	}
	want := d.point + 3 // so many digits are the milliseconds
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

// tenDigits reads the literal of an integer of ten digits: as seconds, one of
// the years 2001 to 2286.
func tenDigits(literal []byte) (n int64, ok bool) {
	if len(literal) != 10 {
		return 0, false
	}
	for _, c := range literal {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// decimal is a positive number: its digits from the first that is not 0 on,
// how many they are, and after how many of them the decimal point stands. The
// zero decimal is a number that is not positive.
type decimal struct {
	digits int64
	count  int
	point  int
}

// parseDecimal reads a JSON number's literal. Digits beyond the first 16, which
// no stamp can use, are dropped.
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
		case c == '0' && d.count == 0: // before the first digit that counts
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

// exponent reads what follows the e of a number. One that leads beyond every
// stamp is cut.
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
