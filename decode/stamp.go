package decode

import (
	"time"

	"github.com/restail/restail/decode/scan"
)

// The stamps that are believed, in seconds: those of the years 2000 to 9999.
const (
	firstSecond = 946_684_800
	lastSecond  = 253_402_300_799
)

// putTime writes when the service stamped the action, or else the second of
// its receipt.
func (r *row) putTime(stamp scan.Value, now func() time.Time) {
	t, ok := instant(stamp)
	if !ok {
		t = time.Unix(now().Unix(), 0)
	}
	r.SetTime(t)
}

// instant reads a stamp: seconds since 1970, or milliseconds when it has 13
// digits. The digits are taken as they are, so that no fraction is rounded; of
// a fraction three digits count. It is false without a stamp to be believed.
func instant(stamp scan.Value) (time.Time, bool) {
	if stamp.Kind != scan.Number {
		return time.Time{}, false
	}
	d, ok := parseDecimal(stamp.Bytes)
	if !ok || d.point < 1 || d.point > 13 {
		return time.Time{}, false
	}
	if d.point == 13 {
		d.point = 10
	}
	var seconds, milliseconds int64
	for i := range d.point {
		seconds = seconds*10 + d.digit(i)
	}
	for i := range 3 {
		milliseconds = milliseconds*10 + d.digit(d.point+i)
	}
	if seconds < firstSecond || seconds > lastSecond {
		return time.Time{}, false
	}
	return time.UnixMilli(seconds*1000 + milliseconds), true
}

// decimal is a positive number: its first digits, the first of which is not 0,
// and where among them the decimal point stands.
type decimal struct {
	digits [16]byte
	count  int
	point  int
}

// digit returns the digit at i, 0 beyond the last.
func (d *decimal) digit(i int) int64 {
	if i >= d.count {
		return 0
	}
	return int64(d.digits[i] - '0')
}

// parseDecimal reads a JSON number's literal. Digits beyond those that a stamp
// can use are dropped. It is false for a number that is not positive.
func parseDecimal(literal []byte) (d decimal, ok bool) {
	fraction := false
	for i, c := range literal {
		switch {
		case c == '-':
			return d, false
		case c == '.':
			fraction = true
			continue
		case c == 'e' || c == 'E':
			d.point += exponent(literal[i+1:])
			return d, d.count > 0
		case c != '0' || d.count > 0:
			if d.count < len(d.digits) {
				d.digits[d.count] = c
				d.count++
			}
			if !fraction {
				d.point++
			}
		case fraction: // a zero before the first digit that counts
			d.point--
		}
	}
	return d, d.count > 0
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

// Stamp reads the time that the service stamped a frame with, and nothing else
// of it; false without a stamp that is believed. It is what a replay is paced by.
func Stamp(frame []byte) (time.Time, bool) {
	var s scan.Scanner
	var stamp scan.Value
	s.Reset(frame)
	for key, ok := s.Object(); ok; key, ok = s.Member() {
		if string(key) == "timestamp" {
			stamp = s.Value()
		} else {
			s.Skip()
		}
	}
	return instant(stamp)
}
