package session

import (
	"strings"
	"unicode/utf8"
)

// maxQuote is how much of what a server says is worth showing, in bytes.
const maxQuote = 200

// quote prepares what a server or a library said for people: without secrets,
// on one line, not too long. See [Link] for what is left to whoever shows it.
func (o *LiveOptions) quote(said string) string {
	// First of all: what is joined or cut off is harder to recognize.
	said = strings.Join(strings.Fields(o.Redact(said)), " ")
	if len(said) <= maxQuote {
		return said
	}
	end := maxQuote
	for end > maxQuote-utf8.UTFMax && !utf8.RuneStart(said[end]) {
		end--
	}
	return said[:end] + "…"
}
