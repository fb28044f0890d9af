package format

import (
	"encoding/json"
	"math/big"
	"slices"
	"time"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format/safe"
)

// Value implements [Writer]. A string is written as it is, made safe but for
// its tabs; an object with an action as the line of such a record; anything
// else as JSON, made safe.
func (t *Text) Value(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(safe.AppendTabbed(dst, []byte(v)), '\n')
	case map[string]any:
		if _, ok := v["action"].(string); ok {
			return t.objectLine(dst, v)
		}
	}
	return append(safe.AppendJSON(dst, appendValue(nil, v)), '\n')
}

// objectLine writes an object as the line of a record. Values that a record cannot
// hold follow at the end of the line, each with its name.
func (t *Text) objectLine(dst []byte, object map[string]any) []byte {
	r := &t.object
	r.Reset()
	r.At = time.Time{}
	var others []string
	for name, v := range object {
		if f, known := record.ByName(name); !known || !setField(r, f, v) {
			others = append(others, name)
		}
	}
	start, columns := len(dst), t.columns()
	l := &t.line
	l.out = t.record(dst, r, columns)
	slices.Sort(others)
	for _, name := range others {
		l.pair([]byte(name), appendValue(nil, object[name]))
	}
	dst, l.out = l.out, nil
	return append(l.wrap(dst, start, columns), '\n')
}

// setField sets a field to a gojq value. It returns false when the value is not
// of the field's kind. null leaves the field out.
func setField(r *record.Record, f record.Field, v any) bool {
	switch kind := record.Fields[f].Kind; v := v.(type) {
	case nil:
		return true
	case string:
		if f == record.Time {
			return setTime(r, v)
		}
		if kind != record.String && kind != record.ID {
			return false
		}
		r.SetString(f, v)
	case bool:
		if kind != record.Bool {
			return false
		}
		r.SetBool(f, v)
	case int, float64, *big.Int, json.Number:
		if kind != record.Number {
			return false
		}
		r.SetNumber(f, appendValue(nil, v))
	case []any:
		return kind == record.Strings && addStrings(r, f, v)
	default:
		return false
	}
	return true
}

func setTime(r *record.Record, text string) bool {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 0 || at.Year() > 9999 {
		return false
	}
	r.SetTime(at)
	return true
}

func addStrings(r *record.Record, f record.Field, items []any) bool {
	if slices.ContainsFunc(items, func(item any) bool { _, ok := item.(string); return !ok }) {
		return false
	}
	for _, item := range items {
		r.Add(f, record.Chars{Bytes: []byte(item.(string))})
	}
	return true
}
