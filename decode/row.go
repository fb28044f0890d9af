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
	r.Action, r.digits = a, r.digits[:0]
}

// put sets the field to the value of that key, if it is usable.
func (r *row) put(f record.Field, k key) {
	if r.has(k) {
		r.putPresent(f, k)
	}
}

// putPresent is put for a key that has a value. It reports whether the value is
// usable.
func (r *row) putPresent(f record.Field, k key) bool {
	v, kind := r.resolve(r.at(k)), kinds[f]
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

// putFirst sets the field to the first usable value of the keys.
func (r *row) putFirst(f record.Field, keys ...key) {
	for _, k := range keys {
		if r.has(k) && r.putPresent(f, k) {
			return
		}
	}
}

// putList adds the texts of an array that have one of the forms to a field of
// strings. It returns the number of texts of all forms.
func (r *row) putList(f record.Field, array key, forms form) (texts int) {
	elements := r.elementsOf(array)
	r.Reserve(f, len(elements))
	for _, e := range elements {
		c, ok := r.chars(r.resolve(e.Value), record.ID) // the parser keeps numbers only where they are ids
		if !ok {
			continue
		}
		texts++
		if e.form&forms != 0 {
			r.Add(f, c)
		}
	}
	return texts
}

// isUsable reports whether the value of a key is usable for a field of that kind.
func (r *row) isUsable(k key, kind record.Kind) bool {
	_, ok := r.chars(r.value(k), kind)
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
