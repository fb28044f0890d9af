// Package scan reads JSON in one pass and builds no values. The caller reads the
// members that it knows; the scanner skips and checks the rest.
//
//	for key, ok := s.Object(); ok; key, ok = s.Member() {
//		switch string(key) {
//		case "text":
//			text = s.Value()
//		default:
//			s.Skip()
//		}
//	}
//
// The grammar is that of RFC 8259. The scanner accepts the documents that
// encoding/json accepts, and finds the same values:
//
//	document = space value space
//	value    = object | array | string | number | "true" | "false" | "null"
//	object   = "{" space [ member { "," member } ] "}"
//	member   = space string space ":" space value space
//	array    = "[" space [ space value space { "," space value space } ] "]"
//	number   = [ "-" ] ( "0" | 1-9 { 0-9 } ) [ "." 0-9 { 0-9 } ] [ ( "e" | "E" ) [ "+" | "-" ] 0-9 { 0-9 } ]
//	string   = '"' { any byte from 0x20 on but '"' and "\" | "\" one of "\/bfnrt | "\u" 4 hex digits } '"'
//	space    = { " " | tab | line feed | carriage return }
//
// Limits, and choices that the grammar leaves open:
//
//   - Objects and arrays nest up to [MaxDepth] deep, without recursion.
//   - The scanner returns duplicate keys; the caller decides which one counts.
//   - Each byte of invalid UTF-8 becomes U+FFFD, as does an escaped half of a
//     surrogate pair without its other half.
//   - A number is returned as its literal, so that it is exact.
//   - A byte-order mark is not white space.
//   - A document is smaller than 4 GiB.
//
// The caller owns the input, and values are views of it. The scanner allocates
// memory only for strings that cannot be views of the input, and reuses it.
package scan

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// MaxDepth limits how deep objects and arrays nest.
const MaxDepth = 10_000

// Kind is the type of a value.
type Kind uint8

// The kinds of a value. Missing is the kind of the zero Value.
const (
	Missing Kind = iota
	Null
	False
	True
	Number
	String
	Object
	Array
)

// String names the kind with its article, as an error message does.
func (k Kind) String() string {
	return [...]string{"nothing", "null", "false", "true", "a number", "a string", "an object", "an array"}[k]
}

// Value is the kind and the position of a value. [Value.Bytes] returns its bytes.
type Value struct {
	// From and To are offsets in the input or in [Scanner.Decoded].
	From, To uint32
	Kind     Kind
	flags    flags
}

type flags uint8

const (
	plainFlag   flags = 1 << iota
	decodedFlag       // the offsets are in [Scanner.Decoded]
)

// Plain reports whether a String can be written between JSON quotes as it is: it has
// no quote, backslash, control character (C0, DEL, C1), line or paragraph separator.
func (v Value) Plain() bool { return v.flags&plainFlag != 0 }

// Bytes returns a String as valid UTF-8 with its escapes decoded, or the literal of a
// Number; nothing for other kinds. input is the document, decoded the result of
// [Scanner.Decoded] at its end; the bytes are a view of one of them.
func (v Value) Bytes(input, decoded []byte) []byte {
	if v.flags&decodedFlag != 0 {
		input = decoded
	}
	return input[v.From:v.To:v.To]
}

// SyntaxError says where and why the input is not JSON.
type SyntaxError struct {
	// Offset is the position of the wrong byte, counted from 1.
	Offset int
	// Why is safe to print: it quotes at most one character, escaped.
	Why string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Why, e.Offset) }

// Scanner reads one JSON document after another, each from [Scanner.Reset] to
// [Scanner.End]. A method reads a whole value, or takes one step into, inside or
// out of an object or array.
//
// After an error all methods return at once, without a value and without a further
// member, and End returns the first error.
type Scanner struct {
	data    []byte
	pos     int
	err     *SyntaxError
	decoded []byte // see Decoded

	depth  int                          // number of open objects and arrays
	object [(MaxDepth + 63) / 64]uint64 // bit n is set when depth n is an object, else an array; only skipNested uses it
}

// Reset begins a new document. decoded is memory to reuse for [Scanner.Decoded]; it may
// be nil.
func (s *Scanner) Reset(data, decoded []byte) {
	s.data, s.pos, s.err, s.depth = data, 0, nil, 0
	s.decoded = decoded[:0]
	if uint64(len(data)) > math.MaxUint32 {
		s.fail(0, "more than 4 GiB")
	}
}

// Decoded returns the strings that had escapes or invalid UTF-8, decoded, one after
// the other.
func (s *Scanner) Decoded() []byte { return s.decoded }

// End ends the document after its value, which only white space may follow. It
// returns the first error of the document, a *SyntaxError.
func (s *Scanner) End() error {
	s.next()
	if s.pos < len(s.data) {
		s.unexpected("after the end")
	}
	if s.err != nil {
		return s.err
	}
	return nil
}

// Kind returns the kind of the next value, judged by its first byte, and reads
// nothing.
func (s *Scanner) Kind() Kind {
	switch c := s.next(); c {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't':
		return True
	case 'f':
		return False
	case 'n':
		return Null
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return Number
	}
	return Missing
}

// Value reads the next value. It skips the contents of an object or array.
func (s *Scanner) Value() Value {
	switch c := s.next(); c {
	case '"':
		return s.readString()
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number()
	case 't':
		return s.keyword("true", True)
	case 'f':
		return s.keyword("false", False)
	case 'n':
		return s.keyword("null", Null)
	case '{':
		s.skipNested()
		return Value{Kind: Object}
	case '[':
		s.skipNested()
		return Value{Kind: Array}
	}
	s.unexpected("where a value should be")
	return Value{}
}

// Skip skips the next value.
func (s *Scanner) Skip() {
	if s.next() != '"' {
		s.Value()
		return
	}
	end := plainEnd(s.data, s.pos+1)
	if end < len(s.data) && s.data[end] == '"' { // the usual case
		s.pos = end + 1
	} else {
		s.skipString(end)
	}
}

// Object steps into the next value, an object, and reads the key of its first
// member. It skips an empty object and any other value, and ok is false then. The key
// is decoded and is valid until the next call.
func (s *Scanner) Object() (key []byte, ok bool) {
	if s.next() != '{' {
		s.Skip()
		return nil, false
	}
	if !s.open() {
		return nil, false
	}
	if s.next() == '}' {
		s.close()
		return nil, false
	}
	return s.key(s.pos)
}

// Member reads the key of the object's next member. Read the value of the previous
// member before. After the last member Member steps out, and ok is false.
func (s *Scanner) Member() (key []byte, ok bool) {
	switch s.next() {
	case ',':
		return s.key(s.pos + 1)
	case '}':
		s.close()
		return nil, false
	}
	s.unexpected("after a value of an object")
	return nil, false
}

// Array steps into the next value, an array, to its first element. It skips an empty
// array and any other value, and returns false then.
func (s *Scanner) Array() bool {
	if s.next() != '[' {
		s.Skip()
		return false
	}
	if !s.open() {
		return false
	}
	if s.next() == ']' {
		s.close()
		return false
	}
	return true
}

// Element steps to the array's next element. Read the previous element before. After
// the last element Element steps out and returns false.
func (s *Scanner) Element() bool {
	switch s.next() {
	case ',':
		s.pos++
		return true
	case ']':
		s.close()
		return false
	}
	s.unexpected("after a value of an array")
	return false
}

// key reads the key at i and the colon after it.
func (s *Scanner) key(i int) (key []byte, ok bool) {
	if i < len(s.data) && s.data[i] == '"' {
		start := i + 1
		end := plainEnd(s.data, start)
		if end+1 < len(s.data) && s.data[end] == '"' && s.data[end+1] == ':' { // the usual case
			s.pos = end + 2
			return s.data[start:end:end], true
		}
	}
	s.pos = i
	if s.next() != '"' {
		s.unexpected("where a key should be")
		return nil, false
	}
	length := len(s.decoded)
	name := s.readString().Bytes(s.data, s.decoded)
	s.decoded = s.decoded[:length]
	if s.next() != ':' {
		s.unexpected("after a key")
		return nil, false
	}
	s.pos++
	return name, true
}

// next moves to the next byte that is not white space and returns it, or 0 at the
// end. (A byte 0 in the input is an error everywhere.)
func (s *Scanner) next() (c byte) {
	if s.pos < len(s.data) {
		c = s.data[s.pos]
	}
	if c <= ' ' {
		return s.nextAfterSpace()
	}
	return c
}

// nextAfterSpace is the slow path of next. It is a function of its own so that next
// can be inlined.
//
//go:noinline
func (s *Scanner) nextAfterSpace() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *Scanner) open() bool {
	if s.depth == MaxDepth {
		s.fail(s.pos, "nested more than "+strconv.Itoa(MaxDepth)+" deep")
		return false
	}
	s.depth++
	s.pos++
	return true
}

func (s *Scanner) close() {
	s.depth--
	s.pos++
}

// unexpected fails because of the next byte or the end of the input.
func (s *Scanner) unexpected(where string) {
	if s.pos >= len(s.data) {
		s.fail(len(s.data)-1, "it ends too early")
		return
	}
	r, size := utf8.DecodeRune(s.data[s.pos:])
	what := strconv.QuoteRuneToASCII(r)
	if r == utf8.RuneError && size == 1 {
		what = fmt.Sprintf("the byte 0x%02x", s.data[s.pos])
	}
	s.fail(s.pos, what+" "+where)
}

// fail records the first error, at byte i, and leaves nothing to read.
func (s *Scanner) fail(i int, why string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: i + 1, Why: why}
	}
	s.data, s.pos, s.depth = nil, 0, 0
}
