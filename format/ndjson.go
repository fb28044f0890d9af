package format

import (
	"slices"

	"github.com/restail/restail/decode/record"
)

// NDJSON writes each record as one JSON object on one line, its fields in the
// order of [record.Fields].
//
// Text passes through unchanged, <, > and & included. Escaped are the quote and the
// backslash, control characters with DEL and C1, and the line and paragraph
// separators U+2028 and U+2029, at which readers such as Python's splitlines would
// cut the line in two.
type NDJSON struct {
	// Fields, when not nil, are the only fields written, in this order. A
	// record, or an object of a filter, that has none of them has no line.
	Fields []record.Field
}

// keyRoom is the size of the array for a key, which is longer than any key. Copying a
// constant number of bytes is faster than copying the exact one.
const keyRoom = 24

// column is a field with its key.
type column struct {
	key    [keyRoom]byte // `,"name":`
	length int           // the bytes of key that are used
	kind   record.Kind
}

var columns = func() (c [record.Count]column) {
	for f, field := range record.Fields {
		key := `,"` + field.Name + `":`
		c[f].kind, c[f].length = field.Kind, len(key)
		if copy(c[f].key[:], key) < len(key) {
			panic("format: " + field.Name + " is longer than keyRoom")
		}
	}
	return c
}()

// Record implements [Writer].
func (n NDJSON) Record(dst []byte, r *record.Record, _ []byte) []byte {
	start := len(dst)
	if n.Fields == nil {
		for f := range r.All {
			dst = appendField(dst, r, f)
		}
	} else {
		for _, f := range n.Fields {
			if r.Has(f) {
				dst = appendField(dst, r, f)
			}
		}
	}
	return closeObject(dst, start)
}

// Value implements [Writer]. Of an object it writes only Fields.
func (n NDJSON) Value(dst []byte, v any) []byte {
	object, ok := v.(map[string]any)
	if n.Fields == nil || !ok {
		return append(appendValue(dst, v), '\n')
	}
	start := len(dst)
	for _, f := range n.Fields {
		if v, has := object[f.Name()]; has {
			dst = appendValue(appendKey(dst, f), v)
		}
	}
	return closeObject(dst, start)
}

// closeObject turns the members behind start into an object on a line. Each member
// begins with a comma; the first comma becomes the brace. Without members there is no
// line.
func closeObject(dst []byte, start int) []byte {
	if len(dst) == start {
		return dst
	}
	dst[start] = '{'
	return append(dst, '}', '\n')
}

// appendField appends a comma and a field. Most fields are plain strings, for which
// the buffer grows only once.
func appendField(dst []byte, r *record.Record, f record.Field) []byte {
	column := &columns[f]
	c := r.Chars(f)
	if column.kind > record.ID || !c.Plain {
		return appendFieldValue(appendKey(dst, f), r, f, column.kind)
	}
	n, size := len(dst), column.length+len(c.Bytes)+2
	dst = slices.Grow(dst, keyRoom+size)[:n+keyRoom+size]
	member := dst[n:]
	*(*[keyRoom]byte)(member) = column.key
	putQuoted(member[column.length:size], c.Bytes)
	return dst[:n+size]
}

func appendKey(dst []byte, f record.Field) []byte {
	column, n := &columns[f], len(dst)
	dst = slices.Grow(dst, keyRoom)[:n+keyRoom]
	*(*[keyRoom]byte)(dst[n:]) = column.key
	return dst[:n+column.length]
}

// appendFieldValue appends a field's value as JSON.
func appendFieldValue(dst []byte, r *record.Record, f record.Field, kind record.Kind) []byte {
	switch kind {
	case record.Number:
		return append(dst, r.Bytes(f)...)
	case record.Bool:
		if r.Bool(f) {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case record.Strings:
		dst = append(dst, '[')
		for i, item := range r.List(f) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendChars(dst, item)
		}
		return append(dst, ']')
	}
	return appendChars(dst, r.Chars(f))
}

func appendChars(dst []byte, c record.Chars) []byte {
	if !c.Plain {
		return appendQuoted(dst, c.Bytes)
	}
	n, size := len(dst), len(c.Bytes)+2
	dst = slices.Grow(dst, size)[:n+size]
	putQuoted(dst[n:], c.Bytes)
	return dst
}

// putQuoted fills room with the text in quotes.
func putQuoted(room, text []byte) {
	room[0] = '"'
	copy(room[1:], text)
	room[len(room)-1] = '"'
}
