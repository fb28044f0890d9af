package filter

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/itchyny/gojq"
)

// Error is an error of the program that concerns one record.
type Error struct {
	// Message is one line. It is the same for every record that the program
	// fails on in the same way: where gojq quotes a value, it names the type.
	// What the program itself says with error or halt_error is passed on, cut
	// to 200 bytes.
	Message string
}

func (e *Error) Error() string { return e.Message }

// maxMessage is how many bytes of a message are passed on.
const maxMessage = 200

// recordError makes of gojq's error what Run returns: nil for halt, which only
// ends the outputs.
func recordError(err error) error {
	if halt := (*gojq.HaltError)(nil); errors.As(err, &halt) && halt.Value() == nil {
		return nil
	}
	if own := (*Error)(nil); errors.As(err, &own) {
		return own
	}
	message := ""
	if said := gojq.ValueError(nil); errors.As(err, &said) {
		message = spoken(said.Value())
	} else {
		message = typesOnly(err.Error())
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return &Error{Message: visible(message)}
}

// spoken is what a program said with error or halt_error.
func spoken(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return "error(null)"
	}
	text, err := gojq.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// pattern compiles a regular expression when it is first asked for: most runs
// meet no error.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// varying is what a message says about the data other than by quoting it.
var varying = pattern(` '[^']{1,10}'| at input byte \d+`)

// typesOnly replaces the values that a message of gojq quotes by the names of
// their types: chat is no part of an error, and the same error is said in the
// same words.
func typesOnly(message string) string {
	if strings.HasPrefix(message, "invalid regular expression") || strings.HasPrefix(message, `expected "start"`) {
		return message
	}
	message = varying().ReplaceAllString(message, "")
	var b strings.Builder
	for i := 0; i < len(message); {
		kind, length := "", 0
		if i > 0 && strings.IndexByte("( ", message[i-1]) >= 0 {
			kind, length = quoted(message[i:])
		}
		if length == 0 {
			b.WriteByte(message[i])
			i++
			continue
		}
		b.WriteString(kind)
		i += length
	}
	return twice().ReplaceAllString(b.String(), "$1")
}

// twice is a type and, where its value was quoted, the type again.
var twice = pattern(`\b(string|number|array|object) \((?:string|number|array|object)\)`)

// quotedLength is the length to which gojq cuts a value that it quotes.
const quotedLength = 30

var (
	quotedString = pattern(`^"(?:[^"\\]|\\.)*"`)
	quotedNumber = pattern(`^-?\d[\d.eE+-]*(?: \.\.\.)?`)
)

// quoted tells the type and the length of the value that a message goes on
// with; the length is 0 when there is none. A zero stays: it is the reason.
func quoted(message string) (kind string, length int) {
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

// compoundLength is the length of the array or object at the beginning, whole
// or cut.
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
