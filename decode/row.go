package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// row is the record being written, and the action that it is made from. A value
// becomes a field only if it is usable: of the field's kind, and neither null nor
// an empty string.
type row struct {
	record.Record
	*Action
	event  *event  // of the action
	author *author // of the event
	emotes emotes
	digits []byte // memory for ids that are not integers in the frame
}

// kinds are the kinds of [record.Fields], in an array that fits into few cache
// lines.
var kinds = func() (kinds [record.Count]record.Kind) {
	for f, field := range record.Fields {
		kinds[f] = field.Kind
	}
	return kinds
}()

func (r *row) reset(a *Action) {
	r.Record.Reset()
	r.Action, r.event, r.author = a, &a.payload.event, &a.payload.event.author
	r.digits = r.digits[:0]
}

// put sets the field to the value, if it is usable.
func (r *row) put(f record.Field, v scan.Value) {
	if v.Kind != scan.Missing {
		r.putPresent(f, v)
	}
}

// putPresent is put for a value that is there. It reports whether it is usable.
func (r *row) putPresent(f record.Field, present scan.Value) bool {
	v, kind := r.value(present), kinds[f]
	if kind == record.Bool {
		if v.Kind == scan.True || v.Kind == scan.False {
			r.SetBool(f, v.Kind == scan.True)
			return true
		}
		return false
	}
	c, ok := r.chars(v, kind)
	if ok {
		r.SetChars(f, c)
	}
	return ok
}

// putFirst sets the field to the first usable value.
func (r *row) putFirst(f record.Field, values ...scan.Value) {
	for _, v := range values {
		if v.Kind != scan.Missing && r.putPresent(f, v) {
			return
		}
	}
}

// putList adds texts of an array to a field of strings: those that have one of the
// forms. It returns the number of texts of any form.
func (r *row) putList(f record.Field, texts array, forms form) (count int) {
	elements := r.elementsOf(texts)
	r.Reserve(f, len(elements))
	for _, e := range elements {
		c, ok := r.chars(r.value(e.Value), record.ID) // the parser keeps numbers only where they are ids
		if !ok {
			continue
		}
		count++
		if e.form&forms != 0 {
			r.Add(f, c)
		}
	}
	return count
}

// isUsable reports whether the value is usable for a field of that kind.
func (r *row) isUsable(v scan.Value, kind record.Kind) bool {
	_, ok := r.chars(r.value(v), kind)
	return ok
}

// chars returns a value as the text of a field of that kind, false when it is not
// usable: a String needs a string that is not empty; an ID that, or a number whose
// value is an integer; a Number any number.
func (r *row) chars(v value, kind record.Kind) (c record.Chars, ok bool) {
	if v.Kind == scan.Number && kind == record.ID && !isInteger(v.Bytes) {
		return r.integerChars(v.Bytes)
	}
	c = record.Chars{Bytes: v.Bytes, Plain: v.Plain || v.Kind == scan.Number}
	switch v.Kind {
	case scan.String:
		return c, len(v.Bytes) > 0 && (kind == record.String || kind == record.ID)
	case scan.Number:
		return c, kind == record.Number || kind == record.ID
	}
	return c, false
}

// integerChars returns the digits of a number whose value is an integer.
func (r *row) integerChars(literal []byte) (c record.Chars, ok bool) {
	start := len(r.digits)
	r.digits, ok = appendInteger(r.digits, literal)
	return record.Chars{Bytes: r.digits[start:len(r.digits):len(r.digits)], Plain: true}, ok
}
