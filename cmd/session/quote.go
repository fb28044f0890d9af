package session

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	mark = "[redacted]"
	// part is the length in bytes from which a piece of a token is a secret:
	// what a server echoes can be cut off anywhere.
	part = 8
	// maxQuote is how much of what a server says is worth showing, in bytes.
	maxQuote = 200
)

// quote prepares what a server or a library said for people: without the
// token, on one line, with escapes for what cannot be seen, not too long.
func quote(text, token string) string {
	text = visible(strings.TrimSpace(withhold(text, token)))
	text = withhold(text, token) // what an escape and its neighbours spell
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + "…"
	}
	return text
}

// visible writes what is no visible character as an escape: \x1b, \u202e.
func visible(text string) string {
	var out strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && text[i] != 0xef:
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case unicode.IsPrint(r):
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			fmt.Fprintf(&out, `\U%08x`, r)
		}
	}
	return out.String()
}

// withhold takes the token out of a text: in its usual spellings alone, and in
// unusual ones, or when only a piece of it is there, with the whole text.
func withhold(text, token string) string {
	if token == "" {
		return text
	}
	for _, spelling := range []string{token, url.QueryEscape(token), url.PathEscape(token)} {
		text = cutOut(text, spelling)
	}
	rest := strings.ReplaceAll(text, mark, "\x00")
	for range 4 { // escapes of escapes
		if holds(rest, token) {
			return mark
		}
		rest = unescape(rest)
	}
	return text
}

// cutOut puts the mark in the place of a spelling. A short one, which could be
// part of an ordinary word, must stand alone.
func cutOut(text, spelling string) string {
	if len(spelling) >= part {
		return strings.ReplaceAll(text, spelling, mark)
	}
	return alone(spelling).ReplaceAllString(text, "${1}"+mark)
}

// holds tells whether the text has the token, or a good piece of it.
func holds(text, token string) bool {
	if len(token) < part {
		return alone(token).MatchString(text)
	}
	for from := 0; from+part <= len(token); from++ {
		if strings.Contains(text, token[from:from+part]) {
			return true
		}
	}
	return false
}

// alone matches a word that is not part of another one.
func alone(word string) *regexp.Regexp {
	return regexp.MustCompile(`(^|[^0-9A-Za-z])` + regexp.QuoteMeta(word) + `\b`)
}

var escaped = regexp.MustCompile(`%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[\\/"]`)

// unescape undoes one layer of percent encoding, backslashes and HTML.
func unescape(text string) string {
	return html.UnescapeString(escaped.ReplaceAllStringFunc(text, func(e string) string {
		code, err := strconv.ParseUint(strings.TrimLeft(e, `%\xu`), 16, 32)
		switch {
		case err != nil:
			return e[1:]
		case e[0] == '%', e[1] == 'x':
			return string([]byte{byte(code)})
		}
		return string(rune(code))
	}))
}
