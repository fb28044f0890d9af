package recording

import (
	"errors"
	"time"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// A recordParser reads records by the table of their fields. A field that the
// table does not have, and a value of another type than the field's, is skipped.
type recordParser struct {
	s        scan.Scanner
	own      []byte // strings that the line does not have as they are
	members  []member
	elements []scan.Value // of arrays, one after the other
}

// member is a field of the record and its value; an array gives its range of
// elements.
type member struct {
	field record.Field
	value scan.Value
}

var fieldOf = func() map[string]record.Field {
	fields := map[string]record.Field{}
	for f, field := range record.Fields {
		fields[field.Name] = record.Field(f)
	}
	return fields
}()

// parse reads a line of ndjson and reports whether it is a record: an object with
// a time and an action, both strings. received stands in for a time that is not
// usable. The record holds views of the line, and of memory that the next parse
// reuses.
func (p *recordParser) parse(r *record.Record, line []byte, received time.Time) bool {
	r.Reset()
	if p.read(line) != nil {
		return false
	}
	p.fill(r, line)
	if !r.Has(record.Time) || !r.Has(record.Action) {
		return false
	}
	at, _ := time.Parse(time.RFC3339, string(r.Bytes(record.Time))) // zero is not usable either
	setTime(r, at, received)
	return true
}

// errAction says that a line has what only an action of the service has.
var errAction = errors.New("a timestamp")

// read notes the members that are fields. The error says that the line is not JSON,
// or not a record.
func (p *recordParser) read(line []byte) error {
	p.members, p.elements = p.members[:0], p.elements[:0]
	p.s.Reset(line, p.own)
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		if string(name) == "timestamp" {
			return errAction
		}
		field, known := fieldOf[string(name)]
		switch {
		case !known:
			p.s.Skip()
		case record.Fields[field].Kind == record.Strings && p.s.Kind() == scan.Array:
			p.members = append(p.members, member{field, p.array()})
		default:
			p.members = append(p.members, member{field, p.s.Value()})
		}
	}
	p.own = p.s.Decoded()
	return p.s.End()
}

// array notes the strings of an array.
func (p *recordParser) array() scan.Value {
	from := len(p.elements)
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		if v := p.s.Value(); v.Kind == scan.String {
			p.elements = append(p.elements, v)
		}
	}
	return scan.Value{From: uint32(from), To: uint32(len(p.elements)), Kind: scan.Array}
}

// fill sets the fields to the members. The last of a name counts.
func (p *recordParser) fill(r *record.Record, line []byte) {
	for _, m := range p.members {
		r.Drop(m.field)
		definition := &record.Fields[m.field]
		c := record.Chars{Bytes: m.value.Bytes(line, p.own), Plain: m.value.Plain()}
		switch kind := m.value.Kind; definition.Kind {
		case record.String, record.ID:
			if kind == scan.String && (len(c.Bytes) > 0 || definition.Always == "event") {
				r.SetChars(m.field, c)
			}
		case record.Number:
			if kind == scan.Number {
				r.SetNumber(m.field, c.Bytes)
			}
		case record.Bool:
			if kind == scan.True || kind == scan.False {
				r.SetBool(m.field, kind == scan.True)
			}
		case record.Strings:
			if kind == scan.Array {
				p.list(r, line, m)
			}
		}
	}
}

func (p *recordParser) list(r *record.Record, line []byte, m member) {
	elements := p.elements[m.value.From:m.value.To]
	r.Reserve(m.field, len(elements))
	for _, e := range elements {
		r.Add(m.field, record.Chars{Bytes: e.Bytes(line, p.own), Plain: e.Plain()})
	}
}

// setTime writes the time field. received stands in for a time that is not usable.
func setTime(r *record.Record, at, received time.Time) {
	if !usable(at) {
		at = time.Unix(received.Unix(), 0)
	}
	r.SetTime(at)
}

// usable reports whether a record can have the time: one in the years 2000 to 9999.
func usable(at time.Time) bool {
	year := at.UTC().Year()
	return year >= 2000 && year <= 9999
}
