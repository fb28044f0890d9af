package decode

import (
	"bytes"
	"slices"

	"github.com/restail/restail/decode/scan"
)

// BrokenError is the error for a frame that is not an action: an action is exactly
// one JSON object whose member action is a string that is not empty.
type BrokenError struct {
	// Why says what is wrong, as in "not JSON: '}' after a key at byte 17". It is
	// safe to print.
	Why string
}

func (e *BrokenError) Error() string { return e.Why }

// Parser parses frames. It holds the scanner's memory and is not safe for
// concurrent use; each goroutine needs its own.
type Parser struct {
	s scan.Scanner
	a *Action
}

// byteOrderMark is U+FEFF, which some programs write before a text.
var byteOrderMark = []byte("\ufeff")

// Parse checks the frame's JSON and notes in a where its values are. A
// byte-order mark before the object is skipped. a may be reused; it holds views
// of frame, which must not change while a is used.
//
// The error is a *BrokenError: the frame is not an action. Then only a.Frame can be
// used.
func (p *Parser) Parse(a *Action, frame []byte) error {
	frame = bytes.TrimPrefix(frame, byteOrderMark)
	a.reset(frame)
	p.a = a
	p.s.Reset(frame, a.decoded)
	root := p.s.Kind()
	p.readFrame()
	a.decoded = p.s.Decoded()
	if err := p.s.End(); err != nil {
		return &BrokenError{"not JSON: " + err.Error()}
	}
	name := a.value(a.action)
	switch {
	case root != scan.Object:
		return &BrokenError{root.String() + ", not an object"}
	case name.Kind == scan.Missing:
		return &BrokenError{"no action"}
	case name.Kind != scan.String:
		return &BrokenError{"its action is " + name.Kind.String() + ", not a string"}
	case len(name.Bytes) == 0:
		return &BrokenError{"its action is an empty string"}
	}
	a.typ = actionTypeOf(name.Bytes)
	return nil
}

// readFrame reads the members of the frame.
func (p *Parser) readFrame() {
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "action":
			p.a.action = p.s.Value()
		case "payload":
			p.readPayload(&p.a.payload)
		case "timestamp":
			p.a.timestamp = p.s.Value()
		default:
			p.s.Skip()
		}
	}
}

// member is a member of an object, and where its value is to be stored.
type member struct {
	name  string
	value *scan.Value
}

// readMembers reads the next value, a small object, and stores its members.
func (p *Parser) readMembers(members ...member) {
	for _, m := range members {
		*m.value = scan.Value{}
	}
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		i := slices.IndexFunc(members, func(m member) bool { return m.name == string(name) })
		if i >= 0 {
			*members[i].value = p.s.Value()
		} else {
			p.s.Skip()
		}
	}
}

// readTexts reads an array of texts: the strings that are not empty. With a name, an
// element can also be an object: then the object's member of that name is the text.
func (p *Parser) readTexts(name string) array {
	v := array{from: uint32(len(p.a.elements)), isArray: p.s.Kind() == scan.Array}
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		e := element{form: inArray}
		if name != "" && p.s.Kind() == scan.Object {
			e.form = inObject
			p.readMembers(member{name, &e.Value})
		} else {
			e.Value = p.s.Value()
		}
		if e.Kind == scan.String && e.From < e.To {
			p.a.elements = append(p.a.elements, e)
		}
	}
	v.to = uint32(len(p.a.elements))
	return v
}

// readIDs reads an array of ids: strings that are not empty, and numbers.
func (p *Parser) readIDs() array {
	v := array{from: uint32(len(p.a.elements)), isArray: p.s.Kind() == scan.Array}
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		if id := p.s.Value(); id.Kind == scan.Number || id.Kind == scan.String && id.From < id.To {
			p.a.elements = append(p.a.elements, element{id, inArray})
		}
	}
	v.to = uint32(len(p.a.elements))
	return v
}

// readReplaces reads the custom emotes of a text. An entry without a usable range
// is left out.
func (p *Parser) readReplaces() array {
	v := array{from: uint32(len(p.a.replaces))}
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		if one := p.readReplace(); one.from >= 0 && one.from <= one.to {
			p.a.replaces = append(p.a.replaces, one)
		}
	}
	v.to = uint32(len(p.a.replaces))
	return v
}

func (p *Parser) readReplace() replace {
	one := replace{from: -1, to: -1}
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "from":
			one.from = p.readPosition()
		case "to":
			one.to = p.readPosition()
		case "payload":
			p.readMembers(member{"url", &one.url})
		default:
			p.s.Skip()
		}
	}
	return one
}

// readPosition reads a position in a text; -1 when it is not usable.
func (p *Parser) readPosition() int32 {
	v := p.s.Value()
	if v.Kind != scan.Number {
		return -1
	}
	return int32(integer(p.a.value(v)))
}
