// Package scan reads JSON in one pass, without building anything: the caller
// pulls the members that it knows and the scanner checks the rest.
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
// The grammar is RFC 8259's, with the verdict and the values of encoding/json:
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
// Its limits and its answers to what the grammar leaves open:
//
//   - Objects and arrays nest up to [MaxDepth] deep, of whatever kind; there
//     is no recursion.
//   - Duplicate keys are all handed over: that the last one wins is up to the
//     caller.
//   - Every byte that is no UTF-8 becomes U+FFFD, and so does every escaped
//     half of a surrogate pair without its other half.
//   - A number is its literal: no digit is lost, none is computed.
//   - A byte order mark is no white space, here as there.
//   - A document has less than 4 GiB.
//
// Nothing is allocated but the memory for strings that cannot be views of the
// input, and that is used again.
package scan

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays can nest.
const MaxDepth = 10_000

// Kind is what a value is.
type Kind uint8

// The kinds of value. Missing is that of the zero Value: there was none.
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

// Value is a value that was read: what it is and where it lies, from which
// [Value.Bytes] makes the rest. It is small, so that noting one costs little.
type Value struct {
	// From and To are where it begins and ends, in the input or in [Scanner.Own].
	From, To uint32
	Kind     Kind
	flags    flags
}

type flags uint8

const (
	plainFlag flags = 1 << iota
	ownFlag         // it lies in what [Scanner.Own] returns, not in the input
)

// Plain tells of a String that it can stand between JSON quotes as it is, and
// within a line to whoever reads lines: no quote, backslash, control character
// (C0, DEL, C1), line or paragraph separator.
func (v Value) Plain() bool { return v.flags&plainFlag != 0 }

// Bytes returns the characters of a String, without escapes and valid UTF-8,
// or the literal of a Number; nothing for other kinds. They are a view of one of
// the two: the input that the value was read from, and what Own returned at its
// end.
func (v Value) Bytes(input, own []byte) []byte {
	if v.flags&ownFlag != 0 {
		input = own
	}
	return input[v.From:v.To:v.To]
}

// SyntaxError says where the input is not JSON.
type SyntaxError struct {
	// Offset counts the bytes up to and with the one that is wrong.
	Offset int
	// Why is safe to print: it quotes one character at most, escaped.
	Why string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Why, e.Offset) }

// Scanner reads one JSON document after another, each from [Scanner.Reset] to
// [Scanner.End]. Every method reads exactly one thing that comes next: a whole
// value, or a step into, inside or out of an object or an array.
//
// After an error nothing comes any more: every method answers at once that
// there is no value and no further member, and End returns the first error.
type Scanner struct {
	data []byte
	pos  int
	err  *SyntaxError
	own  []byte // strings that had to be unescaped, one after the other

	depth  int                          // how many objects and arrays are open
	object [(MaxDepth + 63) / 64]uint64 // bit n: the one at depth n is an object; kept by skipNested only
}

// Reset begins a new document. own is memory for strings that the input does
// not have as they are; it may be nil.
func (s *Scanner) Reset(data, own []byte) {
	s.data, s.pos, s.err, s.depth = data, 0, nil, 0
	s.own = own[:0]
	if uint64(len(data)) > math.MaxUint32 {
		s.fail(0, "more than 4 GiB")
	}
}

// Own returns the strings that the input does not have as they are, one after
// the other.
func (s *Scanner) Own() []byte { return s.own }

// End ends the document after its one value: nothing but white space may
// follow. It returns the first error of the document, a *SyntaxError.
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

// Kind tells what comes next, from its first byte, and reads nothing.
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

// Value reads the value that comes next. An object or an array is read over.
func (s *Scanner) Value() Value {
	switch c := s.next(); c {
	case '"':
		return s.text()
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number()
	case 't':
		return s.word("true", True)
	case 'f':
		return s.word("false", False)
	case 'n':
		return s.word("null", Null)
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

// Skip reads over the value that comes next.
func (s *Scanner) Skip() {
	if s.next() != '"' {
		s.Value()
		return
	}
	end := plain(s.data, s.pos+1)
	if end < len(s.data) && s.data[end] == '"' { // nearly always
		s.pos = end + 1
	} else {
		s.quoted(end)
	}
}

// Object steps into the object that comes next and reads the key of its first
// member, up to the value. When it is empty, or when something else than an
// object comes, that is read over and ok is false. The key has no escapes and is
// valid only until something else is read.
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

// Member reads the key of the object's next member, once the value of the one
// before was read. After the last one it steps out and ok is false.
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

// Array steps into the array that comes next, up to its first value. When it
// is empty, or when something else than an array comes, that is read over and
// the answer is false.
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

// Element steps to the array's next value, once the one before was read. After
// the last one it steps out and the answer is false.
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

// key reads a key and the colon behind it, from i on.
func (s *Scanner) key(i int) (key []byte, ok bool) {
	if i < len(s.data) && s.data[i] == '"' {
		start := i + 1
		end := plain(s.data, start)
		if end+1 < len(s.data) && s.data[end] == '"' && s.data[end+1] == ':' { // nearly always
			s.pos = end + 2
			return s.data[start:end:end], true
		}
	}
	s.pos = i
	if s.next() != '"' {
		s.unexpected("where a key should be")
		return nil, false
	}
	length := len(s.own)
	name := s.text().Bytes(s.data, s.own)
	s.own = s.own[:length]
	if s.next() != ':' {
		s.unexpected("after a key")
		return nil, false
	}
	s.pos++
	return name, true
}

// next moves to the next byte that is no white space and returns it, or 0 at
// the end. (A byte 0 in the input is wrong wherever it stands.)
func (s *Scanner) next() (c byte) {
	if s.pos < len(s.data) {
		c = s.data[s.pos]
	}
	if c <= ' ' {
		return s.nextAfterSpace()
	}
	return c
}

// nextAfterSpace is what is seldom needed of next.
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

// unexpected fails because of the byte that comes next, or because none does.
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

// fail keeps the first error, that of the byte at i, and leaves nothing to read.
func (s *Scanner) fail(i int, why string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: i + 1, Why: why}
	}
	s.data, s.pos, s.depth = nil, 0, 0
}
