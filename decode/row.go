package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// row is the record that is being written, and the frame that it is made of. Its
// rule is that the wire decides: nothing is coerced, and what says nothing is
// left out.
type row struct {
	record.Record
	*frame
	emotes emotes
	texts  []text // memory for list
}

// kinds are those of [record.Fields], close together: every value asks.
var kinds = func() (kinds [record.Count]record.Kind) {
	for f, field := range record.Fields {
		kinds[f] = field.Kind
	}
	return kinds
}()

// put sets the field to the value of that key if there is one that says
// something of the field's kind.
func (r *row) put(f record.Field, k key) {
	if r.has(k) {
		r.putThere(f, k)
	}
}

// putThere is put for a value that is there. It tells whether the value said
// something.
func (r *row) putThere(f record.Field, k key) bool {
	v, kind := r.of(r.at(k)), kinds[f]
	if !says(v, kind) {
		return false
	}
	if kind == record.Bool {
		r.SetBool(f, v.Kind == scan.True)
	} else {
		r.SetChars(f, record.Chars{Bytes: v.Bytes, Plain: v.Plain || v.Kind == scan.Number})
	}
	return true
}

// putFirst sets the field to the first of the keys' values that says something
// of the field's kind, if any does.
func (r *row) putFirst(f record.Field, keys ...key) {
	for _, k := range keys {
		if r.has(k) && r.putThere(f, k) {
			return
		}
	}
}

// putList sets a field of strings to those texts in an array that have one of
// the forms, and returns how many texts there are of any form.
func (r *row) putList(f record.Field, array key, forms form) int {
	texts := r.list(array, record.String)
	for i := range texts {
		if texts[i].form&forms != 0 {
			r.Add(f, texts[i].Chars)
		}
	}
	return len(texts)
}

// text is what stands in an array, and how.
type text struct {
	record.Chars
	form form
}

// list returns the texts of that kind that stand in an array. An element that
// is an object stands for its one member that has a key. What says nothing is
// left out. It is valid until list is called again.
func (r *row) list(array key, kind record.Kind) []text {
	r.texts = r.texts[:0]
	for _, e := range r.within(array) {
		if v := r.of(e.Value); says(v, kind) {
			r.texts = append(r.texts, text{record.Chars{Bytes: v.Bytes, Plain: v.Plain}, e.form})
		}
	}
	return r.texts
}

// says tells whether the value has something to say for a field of that kind:
// a String wants a string that is not empty; an ID that, or an integer; a
// Number any number; a Bool true or false.
func says(v value, kind record.Kind) bool {
	switch v.Kind {
	case scan.String:
		return (kind == record.String || kind == record.ID) && len(v.Bytes) > 0
	case scan.Number:
		return kind == record.Number || kind == record.ID && isInteger(v.Bytes)
	case scan.True, scan.False:
		return kind == record.Bool
	}
	return false
}

// isInteger tells whether a number's literal is digits only, maybe with a sign.
func isInteger(literal []byte) bool {
	for _, c := range literal {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}

// integer reads a literal that is a non-negative integer of at most 9 digits;
// anything else is -1: none of the numbers that mean something is larger.
func integer(v value) int {
	if v.Kind != scan.Number || len(v.Bytes) > 9 {
		return -1
	}
	n := 0
	for _, c := range v.Bytes {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// isPositive tells whether the value is a number above 0.
func isPositive(v value) bool {
	return v.Kind == scan.Number && parseDecimal(v.Bytes).digits > 0
}
