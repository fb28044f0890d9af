package recording

import (
	"errors"
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

// MovesClock reports whether the service has stamped the line, as it stamps actions.
func (l *Line) MovesClock() bool {
	return len(l.Action()) > 0 && string(l.Action()) != KindLink
}

// A LineParser parses lines that are not actions of the service. The Line that a method
// returns is valid until the next call, as long as the caller keeps the line.
type LineParser struct {
	records recordParser
	line    Line
}

// Record parses an ndjson record. It returns nil for another line. A record looks like an
// action without a payload, but has a time: call Record only for such actions. received
// replaces a time that is not usable.
func (p *LineParser) Record(line []byte, received time.Time) *Line {
	if !p.records.parse(&p.line.Record, line, received) {
		return nil
	}
	p.line.Own = Own{}
	return &p.line
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
		p.records.read(line) // never fails: ParseOwn has parsed it
		p.records.fill(&l.Record, line)
		l.Record.SetPlain(record.Action, KindLink)
	}
	setTime(&l.Record, own.Time, received)
	return l
}

// history sets the record to the event of the line's message. It returns nil when the
// message is not an object.
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

// A recordParser parses records by the table of their fields. It skips unknown fields
// and values of another type than the field's.
type recordParser struct {
	s        scan.Scanner
	own      []byte // decoded strings, of those that have escapes in the line
	members  []member
	elements []scan.Value // of arrays, one after the other
}

// member is a field of the record and its value. The value of an array is a range of
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

// parse parses a line of ndjson and reports whether it is a record: an object with a
// time and an action, both strings. received replaces a time that is not usable. The
// record refers to the line and to memory that the next parse reuses.
func (p *recordParser) parse(r *record.Record, line []byte, received time.Time) bool {
	r.Reset()
	if p.read(line) != nil {
		return false
	}
	p.fill(r, line)
	if !r.Has(record.Time) || !r.Has(record.Action) {
		return false
	}
	at, _ := time.Parse(time.RFC3339, string(r.Bytes(record.Time))) // the zero time is not usable
	setTime(r, at, received)
	return true
}

// errAction is the error for a line with a member that only an action has.
var errAction = errors.New("a timestamp")

// read collects the members that are fields. It returns an error when the line is not
// JSON or is an action.
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

// array collects the strings of an array.
func (p *recordParser) array() scan.Value {
	from := len(p.elements)
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		if v := p.s.Value(); v.Kind == scan.String {
			p.elements = append(p.elements, v)
		}
	}
	return scan.Value{From: uint32(from), To: uint32(len(p.elements)), Kind: scan.Array}
}

// fill sets the fields of the record. Of several members with the same name the last
// counts.
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
