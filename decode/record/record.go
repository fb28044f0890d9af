// Package record defines the flat record, the type that every stage of restail
// shares: package decode makes it from an action, filter reads it and format
// writes it.
//
// One Record is filled, written and reset again and again. It holds views of
// bytes that others own; see [Record].
package record

import (
	"math/bits"
	"slices"
	"strconv"
	"time"
)

// Chars is a string of a record: valid UTF-8 without JSON escapes.
type Chars struct {
	// Bytes must never be written to: they may be a view of a frame.
	Bytes []byte
	// Plain reports that Bytes can be written between JSON quotes as they are: no
	// quote, backslash, control character (C0, DEL, C1) or separator (U+2028,
	// U+2029). False is always safe.
	Plain bool
}

// A Record is one action, flattened. The zero Record is empty and ready.
//
// Its bytes are views of the frame it was decoded from, or of memory that
// [Record.Reset] reuses. Copy them to keep them.
type Record struct {
	// At is the time of the time field.
	At time.Time

	has     [(Count + 63) / 64]uint64
	values  [Count]Chars // a string, or a number's literal; a Bool is stored in Plain
	lists   [Count][]Chars
	scratch []byte
	date    struct { // the last day that was formatted
		day  int64 // since 1970
		text []byte
	}
}

// Reset makes the record empty and keeps its memory.
func (r *Record) Reset() {
	clear(r.has[:])
	r.scratch = r.scratch[:0]
}

func (r *Record) mark(f Field) { r.has[f/64] |= 1 << (f % 64) }

// Has reports whether the record has the field.
func (r *Record) Has(f Field) bool { return r.has[f/64]&(1<<(f%64)) != 0 }

// Drop leaves the field out.
func (r *Record) Drop(f Field) { r.has[f/64] &^= 1 << (f % 64) }

// All yields the fields that the record has, in the order in which they are
// written.
func (r *Record) All(yield func(Field) bool) {
	for word, rest := range r.has {
		for ; rest != 0; rest &= rest - 1 {
			if !yield(Field(word*64 + bits.TrailingZeros64(rest))) {
				return
			}
		}
	}
}

// SetChars sets a String or ID field, to an empty string too. The record keeps
// a view of the bytes.
func (r *Record) SetChars(f Field, c Chars) {
	r.values[f] = c
	r.mark(f)
}

// SetString sets a String or ID field to a copy of s.
func (r *Record) SetString(f Field, s string) {
	r.SetChars(f, Chars{Bytes: r.keep(s)})
}

// SetCopy sets a String or ID field to a copy of s. plain is [Chars.Plain].
func (r *Record) SetCopy(f Field, s string, plain bool) {
	r.SetChars(f, Chars{Bytes: r.keep(s), Plain: plain})
}

// SetPlain is SetString for a string that is known to be plain (see [Chars]),
// such as a name from one of our own tables.
func (r *Record) SetPlain(f Field, s string) {
	r.SetChars(f, Chars{Bytes: r.keep(s), Plain: true})
}

// SetNumber sets a Number field to a JSON number's literal. The record keeps a
// view of it.
func (r *Record) SetNumber(f Field, literal []byte) {
	r.SetChars(f, Chars{Bytes: literal, Plain: true})
}

// SetInt sets a Number field.
func (r *Record) SetInt(f Field, n int64) {
	start := len(r.scratch)
	r.scratch = strconv.AppendInt(r.scratch, n, 10)
	r.SetNumber(f, r.since(start))
}

// SetBool sets a Bool field.
func (r *Record) SetBool(f Field, b bool) { r.SetChars(f, Chars{Plain: b}) }

// Reserve makes room for n more strings in a Strings field.
func (r *Record) Reserve(f Field, n int) {
	if !r.Has(f) {
		r.lists[f] = r.lists[f][:0]
	}
	r.lists[f] = slices.Grow(r.lists[f], n)
}

// Add appends a view of c to a Strings field.
func (r *Record) Add(f Field, c Chars) {
	if !r.Has(f) {
		r.lists[f] = r.lists[f][:0]
		r.mark(f)
	}
	r.lists[f] = append(r.lists[f], c)
}

// SetTime sets the time field, and At: RFC 3339 in UTC with whole seconds, or
// with three digits of fraction where the milliseconds are not zero. t lies in
// the years 0 to 9999.
func (r *Record) SetTime(t time.Time) {
	r.At = t
	const perDay = 24 * 60 * 60
	start := len(r.scratch)
	second := (t.Unix()%perDay + perDay) % perDay // of the day, before 1970 too
	if day := (t.Unix() - second) / perDay; day != r.date.day || r.date.text == nil {
		r.date.day = day
		r.date.text = t.UTC().AppendFormat(r.date.text[:0], "2006-01-02T")
	}
	r.scratch = append(r.scratch, r.date.text...)
	h, m, s := second/3600, second/60%60, second%60
	r.scratch = append(r.scratch, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10))
	if ms := t.Nanosecond() / int(time.Millisecond); ms != 0 {
		r.scratch = append(r.scratch, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	r.scratch = append(r.scratch, 'Z')
	r.SetChars(Time, Chars{Bytes: r.since(start), Plain: true})
}

// Chars returns a String or ID field, or the literal of a Number: no bytes
// when it is not there.
func (r *Record) Chars(f Field) Chars {
	if !r.Has(f) {
		return Chars{}
	}
	return r.values[f]
}

// Bytes returns the bytes of [Record.Chars].
func (r *Record) Bytes(f Field) []byte { return r.Chars(f).Bytes }

// Bool returns a Bool field: false when it is not there.
func (r *Record) Bool(f Field) bool { return r.Has(f) && r.values[f].Plain }

// List returns a Strings field, nil when it is not there.
func (r *Record) List(f Field) []Chars {
	if !r.Has(f) {
		return nil
	}
	return r.lists[f]
}

// keep copies s into the record's own memory.
func (r *Record) keep(s string) []byte {
	start := len(r.scratch)
	r.scratch = append(r.scratch, s...)
	return r.since(start)
}

// since returns what was appended to scratch from start on. If scratch grows
// later, the slice keeps the old memory, which nobody writes to.
func (r *Record) since(start int) []byte {
	return r.scratch[start:len(r.scratch):len(r.scratch)]
}
