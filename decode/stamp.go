package decode

import (
	"time"

	"github.com/restail/restail/decode/scan"
)

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
	if seconds, ok := tenDigits(stamp.Bytes); ok { // the usual case
		return time.Unix(seconds, 0), true
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

// tenDigits reads the literal of an integer of ten digits. As seconds, all of them
// are usable stamps: they lie in the years 2001 to 2286.
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
