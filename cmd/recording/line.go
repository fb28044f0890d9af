package recording

import (
	"time"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// A Line is a line that is not an action of the service: one of restail's own, or a
// record of its ndjson output ([KindRecord]).
type Line struct {
	Own
	// Record is the record of the line: the ndjson record, the link record, or the
	// event of a message of the chat history. For other lines it has only the time.
	Record record.Record
}

// Action returns the action of the record; nothing when it has none.
func (l *Line) Action() []byte { return l.Record.Bytes(record.Action) }

// IsFilledIn reports whether the line is a message from the chat history.
func (l *Line) IsFilledIn() bool {
	return l.Kind == KindHistory || l.Record.Bool(record.IsHistory)
}

// MovesClock reports whether the service has stamped the line, as it stamps actions.
func (l *Line) MovesClock() bool {
	return len(l.Action()) > 0 && string(l.Action()) != KindLink
}

// A LineParser parses lines that are not actions of the service. The Line that a method
// returns refers to the text: it is valid until the next call or a change of the text.
type LineParser struct {
	line Line

	s        scan.Scanner
	values   []fieldValue // of the fields of the record, in the order of the line
	elements []scan.Value // of arrays, one after the other
	decoded  []byte       // the text of strings that have escapes in the line
}

// fieldValue is a field of the record and its value in the line. The value of an array is
// a range of LineParser.elements.
type fieldValue struct {
	field record.Field
	value scan.Value
}

// Record parses an ndjson record: an object with a time and an action, both strings. It
// returns nil for another line. [decode.Parser] takes a record for an action without a
// payload: call Record only for such actions. received replaces a time that is not usable.
func (p *LineParser) Record(line []byte, received time.Time) *Line {
	l := &p.line
	l.Own = Own{}
	l.Record.Reset()
	if !p.read(line) {
		return nil
	}
	p.fill(line)
	if !l.Record.Has(record.Time) || !l.Record.Has(record.Action) {
		return nil
	}
	at, _ := time.Parse(time.RFC3339, string(l.Record.Bytes(record.Time))) // on failure the zero time, which is not usable
	setTime(&l.Record, at, received)
	return l
}

// Own parses one of restail's own lines. It returns nil for another line, for a link
// without a status and for a history line without a message. received replaces a time
// that is not usable.
func (p *LineParser) Own(line []byte, received time.Time) *Line {
	own, ok := ParseOwn(line)
	if !ok {
		return nil
	}
	l := &p.line
	l.Own = own
	l.Record.Reset()
	switch own.Kind {
	case KindHistory:
		return l.history(received)
	case KindLink:
		if own.Status == "" {
			return nil
		}
		p.read(line) // never fails: ParseOwn has parsed it
		p.fill(line)
		l.Record.SetPlain(record.Action, KindLink)
	}
	setTime(&l.Record, own.Time, received)
	return l
}

// history makes the record of an event from the line's message. It returns nil when the
// message is not a JSON object.
func (l *Line) history(received time.Time) *Line {
	message, ok := ParseHistory(l.Message)
	if !ok {
		return nil
	}
	r := &l.Record
	setTime(r, message.Time, received)
	r.SetPlain(record.Action, "event")
	if message.Platform == "" {
		message.Platform = "unknown"
	}
	r.SetString(record.Platform, message.Platform)
	if message.Channel != "" {
		r.SetString(record.Channel, message.Channel)
	}
	r.SetPlain(record.Type, "text")
	if l.BroadcastID != "" {
		r.SetString(record.BroadcastID, l.BroadcastID)
	}
	r.SetString(record.Author, message.Author)
	r.SetString(record.Text, message.Text)
	r.SetBool(record.IsHistory, true)
	return l
}

// fieldOf has the fields of a record by name.
var fieldOf = func() map[string]record.Field {
	fields := map[string]record.Field{}
	for f, field := range record.Fields {
		fields[field.Name] = record.Field(f)
	}
	return fields
}()

// read collects the values of the fields in the line. It returns false when the line is
// not a JSON object, or has a timestamp, which only an action has.
func (p *LineParser) read(line []byte) bool {
	p.values, p.elements = p.values[:0], p.elements[:0]
	p.s.Reset(line, p.decoded)
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		if string(name) == "timestamp" {
			return false
		}
		field, known := fieldOf[string(name)]
		switch {
		case !known:
			p.s.Skip()
		case record.Fields[field].Kind == record.Strings && p.s.Kind() == scan.Array:
			p.values = append(p.values, fieldValue{field, p.array()})
		default:
			p.values = append(p.values, fieldValue{field, p.s.Value()})
		}
	}
	p.decoded = p.s.Decoded()
	return p.s.End() == nil
}

// array collects the strings of an array. It skips other elements.
func (p *LineParser) array() scan.Value {
	from := len(p.elements)
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		if v := p.s.Value(); v.Kind == scan.String {
			p.elements = append(p.elements, v)
		}
	}
	return scan.Value{From: uint32(from), To: uint32(len(p.elements)), Kind: scan.Array}
}

// fill sets the fields of the record to the values that read has collected. It leaves out
// values of another type than the field's. Of several values of a field the last counts.
func (p *LineParser) fill(line []byte) {
	r := &p.line.Record
	for _, v := range p.values {
		r.Drop(v.field)
		definition := &record.Fields[v.field]
		c := record.Chars{Bytes: v.value.Bytes(line, p.decoded), Plain: v.value.Plain()}
		switch kind := v.value.Kind; definition.Kind {
		case record.String, record.ID:
			// An empty string is a missing value, except in a field that each event has.
			if kind == scan.String && (len(c.Bytes) > 0 || definition.Always == "event") {
				r.SetChars(v.field, c)
			}
		case record.Number:
			if kind == scan.Number {
				r.SetNumber(v.field, c.Bytes)
			}
		case record.Bool:
			if kind == scan.True || kind == scan.False {
				r.SetBool(v.field, kind == scan.True)
			}
		case record.Strings:
			if kind == scan.Array {
				p.setStrings(line, v)
			}
		}
	}
}

// setStrings sets a field to the strings of an array.
func (p *LineParser) setStrings(line []byte, v fieldValue) {
	elements := p.elements[v.value.From:v.value.To]
	p.line.Record.Reserve(v.field, len(elements))
	for _, e := range elements {
		p.line.Record.Add(v.field, record.Chars{Bytes: e.Bytes(line, p.decoded), Plain: e.Plain()})
	}
}

// setTime sets the time. received replaces one that is not usable.
func setTime(r *record.Record, at, received time.Time) {
	if !usable(at) {
		at = time.Unix(received.Unix(), 0)
	}
	r.SetTime(at)
}

// usable reports whether a record can have the time: it lies in the years 2000 to 9999.
func usable(at time.Time) bool {
	year := at.UTC().Year()
	return year >= 2000 && year <= 9999
}
