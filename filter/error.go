package filter

import (
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/itchyny/gojq"
)

// Error is an error of the program that concerns one record.
type Error struct {
	// Message is one line, safe for a terminal. Where gojq quotes a value of
	// the record, Message has the type instead, so that the same mistake gives
	// the same message for every record. Strings and numbers of the program
	// itself are shown. The value of error(...) is cut to 200 bytes.
	Message string
}

func (e *Error) Error() string { return e.Message }

// HaltError reports that the program called halt or halt_error, which ends the
// whole run.
type HaltError struct {
	// Status is the exit status, from 0 to 255: 0 for halt, 5 for halt_error,
	// N modulo 256 for halt_error(N).
	Status int
	// Message is what halt_error shows: one line, safe for a terminal, cut to
	// 4 KiB; "" for nothing. A string loses the line breaks at its end, null shows
	// nothing, and any other value is JSON.
	Message string
}

func (e *HaltError) Error() string {
	return cmp.Or(e.Message, "the program halted with status "+strconv.Itoa(e.Status))
}

// The limits of messages, in bytes.
const (
	maxMessage     = 200
	maxHaltMessage = 4 << 10
)

// recordError converts an error of gojq to the error that Run returns.
func (p *Program) recordError(err error) error {
	if halt := (*gojq.HaltError)(nil); errors.As(err, &halt) {
		return newHaltError(halt)
	}
	if own := (*Error)(nil); errors.As(err, &own) {
		return own
	}
	if said := gojq.ValueError(nil); errors.As(err, &said) {
		message := "error(null)"
		if v := said.Value(); v != nil {
			message = valueText(v)
		}
		return &Error{Message: visible(shortened(message, maxMessage))}
	}
	return &Error{Message: visible(shortened(p.literals.hideValues(err.Error()), maxMessage))}
}

func newHaltError(halt *gojq.HaltError) *HaltError {
	e := &HaltError{Status: halt.ExitCode() & 0xff}
	if v := halt.Value(); v != nil {
		e.Message = visible(shortened(strings.TrimRight(valueText(v), "\r\n"), maxHaltMessage))
	}
	return e
}

// tooLarge stands for a value that is not writable.
const tooLarge = "a value that is too large to show"

// valueText returns a string as it is, any other value as JSON.
func valueText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if !writable(v) {
		return tooLarge
	}
	text, err := gojq.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// shortened cuts a message that is longer than limit bytes.
func shortened(message string, limit int) string {
	if len(message) <= limit {
		return message
	}
	return strings.ToValidUTF8(message[:limit], "") + "…"
}

// literals holds the strings and numbers that a program contains, spelled as
// messages of gojq quote them.
type literals map[string]bool

// literalsOf collects the literals of a program and the values of its
// arguments.
func literalsOf(query *gojq.Query, args []any) literals {
	l := literals{}
	each(query, func(s *gojq.String) {
		if s.Queries == nil {
			l.add(s.Str)
		}
	})
	each(query, func(t *gojq.Term) {
		if f, err := strconv.ParseFloat(t.Number, 64); err == nil {
			l[t.Number] = true
			l.add(f)
			l.add(-f)
		}
	})
	for _, arg := range args {
		l.add(arg)
	}
	return l
}

func (l literals) add(v any) {
	l[gojq.Preview(v)] = true
	if s, ok := v.(string); ok {
		l[strconv.Quote(s)] = true
		l[strconv.Quote(s+"g")] = true // gsub, scan and splits add it to their flags
	}
}

// lazyRegexp compiles a regular expression when it is first used: most runs have no
// error to show.
func lazyRegexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// varying matches the parts of a message that depend on the data but are not quoted
// values.
var varying = lazyRegexp(` '[^']{1,10}'| at input byte \d+`)

// hideValues replaces the values that a message of gojq quotes by the names of
// their types, unless they are literals of the program: a message must not
// differ from one chat message to the next.
func (l literals) hideValues(message string) string {
	if strings.HasPrefix(message, "invalid regular expression") || strings.HasPrefix(message, `expected "start"`) {
		return message
	}
	message = varying().ReplaceAllString(message, "")
	var b strings.Builder
	for i := 0; i < len(message); {
		typ, length := "", 0
		if i > 0 && strings.IndexByte("( ", message[i-1]) >= 0 {
			typ, length = quoted(message[i:])
		}
		switch value := message[i : i+length]; {
		case length == 0:
			b.WriteByte(message[i])
			length = 1
		case l[value]:
			b.WriteString(value)
		default:
			b.WriteString(typ)
		}
		i += length
	}
	return repeatedType().ReplaceAllString(b.String(), "$1")
}

// repeatedType matches a type that is followed by a type in place of a value.
var repeatedType = lazyRegexp(`\b(string|number|array|object) \((?:string|number|array|object)\)`)

// quotedLength is the length in bytes to which gojq cuts a value that it quotes.
const quotedLength = 30

var (
	quotedString = lazyRegexp(`^"(?:[^"\\]|\\.)*"`)
	quotedNumber = lazyRegexp(`^-?\d[\d.eE+-]*(?: \.\.\.)?`)
)

// quoted returns the type and the length of the value at the beginning of
// message, or a length of 0 when there is none. The number 0 does not count: in a
// message about a division it is the reason.
func quoted(message string) (typ string, length int) {
	switch c := message[0]; {
	case c == '"':
		return "string", len(quotedString().FindString(message))
	case c == '{':
		return "object", compoundLength(message, " ...}")
	case c == '[':
		return "array", compoundLength(message, " ...]")
	case c == '-', '0' <= c && c <= '9':
		if n := quotedNumber().FindString(message); n != "0" {
			return "number", len(n)
		}
	}
	return "", 0
}

// compoundLength returns the length of the array or object at the beginning of
// message. cut is how gojq ends one that it has cut off.
func compoundLength(message, cut string) int {
	message = message[:min(len(message), quotedLength)]
	decoder := json.NewDecoder(strings.NewReader(message))
	if err := decoder.Decode(new(json.RawMessage)); err == nil {
		return int(decoder.InputOffset())
	}
	if i := strings.LastIndex(message, cut); i >= 0 {
		return i + len(cut)
	}
	return 0
}
