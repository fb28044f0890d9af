package endpoint

import (
	"strings"
	"unicode/utf8"
)

// MaxQuote is how much of what a server says is worth showing, in bytes.
const MaxQuote = 200

// Quote prepares what a server or a library said for an error message: redact takes
// the secrets out, and it becomes one line that is not too long. Control characters
// stay: whoever prints it makes them harmless.
func Quote(said string, redact func(string) string) string {
	// First of all: a secret that is joined or cut off is harder to recognize.
	said = strings.Join(strings.Fields(redact(said)), " ")
	if len(said) <= MaxQuote {
		return said
	}
	end := MaxQuote
	for end > MaxQuote-utf8.UTFMax && !utf8.RuneStart(said[end]) {
		end--
	}
	return said[:end] + "…"
}
