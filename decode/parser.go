package decode

import (
	"bytes"

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
	name := a.value(keyAction)
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

// note reads the next value and stores it as that of the key.
func (p *Parser) note(k key) { p.a.note(k, p.s.Value()) }

// members reads the next value, an object, and stores its members of those names.
// Their keys follow the object's key in the same order.
func (p *Parser) members(object key, names ...string) {
	p.a.begin(object)
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		i := 0
		for i < len(names) && names[i] != string(name) {
			i++
		}
		if i < len(names) {
			p.note(object + 1 + key(i))
		} else {
			p.s.Skip()
		}
	}
}

// list reads an array of texts. It stores the strings that are not empty, and the
// numbers of an array of ids. With a name, an element can also be an object: then
// the object's member of that name is the text.
func (p *Parser) list(array key, name string) {
	p.a.begin(array)
	kind, from := p.s.Kind(), len(p.a.elements)
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		e := element{form: inArray}
		if name != "" && p.s.Kind() == scan.Object {
			e = element{p.member(name), inObject}
		} else {
			e.Value = p.s.Value()
		}
		if e.Kind == scan.Number && array == keyConnections || e.Kind == scan.String && e.From < e.To {
			p.a.elements = append(p.a.elements, e)
		}
	}
	p.a.note(array, scan.Value{From: uint32(from), To: uint32(len(p.a.elements)), Kind: kind})
}

// member reads the next value, an object, and returns its member of that name.
func (p *Parser) member(name string) (v scan.Value) {
	for key, ok := p.s.Object(); ok; key, ok = p.s.Member() {
		if string(key) == name {
			v = p.s.Value()
		} else {
			p.s.Skip()
		}
	}
	return v
}

// readPosition reads a position in a text; -1 when it is not usable.
func (p *Parser) readPosition() int32 {
	v := p.s.Value()
	if v.Kind != scan.Number {
		return -1
	}
	return int32(integer(p.a.resolve(v)))
}

// readFrame reads the members of the frame.
func (p *Parser) readFrame() {
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "action":
			p.note(keyAction)
		case "payload":
			p.readPayload()
		case "timestamp":
			p.note(keyTimestamp)
		default:
			p.s.Skip()
		}
	}
}
