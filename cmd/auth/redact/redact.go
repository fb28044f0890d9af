// Package redact removes secrets from messages.
//
// A run has one [Secrets], which every package adds its secrets to. It takes
// text that a server, a proxy or a library wrote and returns the text with
// [Mark] in place of each secret. It finds a secret, and any eight bytes of it,
// as they are and in the usual encodings: percent-encoded, escaped for JSON, Go
// or HTML, any two of these one after the other, base64 and hexadecimal. Line ends
// may split it.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"index/suffixarray"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Mark replaces a secret.
const Mark = "[redacted]"

const (
	// pieceSize is the length in bytes from which a part of a secret is
	// redacted. A shorter secret may be an ordinary word, or part of one.
	pieceSize = 8
	// limit is how many secrets are kept. Tokens change every hour, so a run of
	// weeks must forget the oldest, which are invalid by then.
	limit = 64
)

// Secrets is a set of secrets. The zero value is empty and ready to use. It is
// safe for concurrent use.
type Secrets struct {
	mu    sync.RWMutex
	known []string // the most recently added last
	set   *set     // what to search for; nil for nothing
}

// set holds the encodings of the secrets. It does not change.
type set struct {
	secrets []string           // folded
	short   []string           // encodings of secrets shorter than pieceSize
	long    *suffixarray.Index // encodings of the others, folded
}

// Add adds secrets. It ignores empty ones.
func (s *Secrets) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := false
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		changed = changed || !slices.Contains(s.known, secret)
		s.known = append(slices.DeleteFunc(s.known, func(k string) bool { return k == secret }), secret)
	}
	if changed {
		s.known = slices.Delete(s.known, 0, max(0, len(s.known)-limit))
		s.set = newSet(s.known)
	}
}

// AddBasic adds a password, and the forms that it takes with its name in HTTP
// Basic authentication.
func (s *Secrets) AddBasic(name, password string) {
	if password == "" {
		return
	}
	s.Add(password,
		base64.StdEncoding.EncodeToString([]byte(name+":"+password)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(name)+":"+url.QueryEscape(password))))
}

// Text returns a text from outside without secrets. A secret of less than eight
// bytes is replaced only where it is a whole word.
func (s *Secrets) Text(text string) string { return s.without(text, true) }

// Writer returns a writer that passes each Write on to w as one Write, without
// secrets. It does not find a secret that is split between two Writes, and keeps
// a short one, which may be a word of our own messages.
func (s *Secrets) Writer(w io.Writer) io.Writer { return &writer{s, w} }

type writer struct {
	secrets *Secrets
	w       io.Writer
}

func (w *writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, w.secrets.without(string(p), false)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// patterns find secrets by their context, even unknown ones: the password of a
// URL and the values of some query parameters.
var patterns = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`(://)[^/?#@\s"']*:[^/?#@\s"']*(@)`),
		regexp.MustCompile(`(?i)([?&](?:access_?token|refresh_?token|client_?secret|code_?verifier|token|code)=)[^&#\s"'<>]+()`),
	}
})

// without returns the text without the secrets. It removes short ones, which may be
// words, only if words is true.
func (s *Secrets) without(text string, words bool) string {
	s.mu.RLock()
	set := s.set
	s.mu.RUnlock()
	if set != nil {
		text = set.without(text, words)
	}
	for _, p := range patterns() {
		text = p.ReplaceAllString(text, "${1}"+Mark+"${2}")
	}
	return text
}

func (s *set) without(text string, words bool) string {
	secret := s.find(text, words)
	var out strings.Builder
	for from := 0; from < len(text); {
		to := from + 1
		for to < len(text) && secret[to] == secret[from] {
			to++
		}
		if piece, _ := fold(text[from:to]); secret[from] && !s.isWord(string(piece)) {
			out.WriteString(Mark)
		} else {
			out.WriteString(text[from:to])
		}
		from = to
	}
	return out.String()
}

// find returns which bytes of the text belong to a secret.
func (s *set) find(text string, words bool) []bool {
	secret := make([]bool, len(text))
	mark := func(from, to int) {
		for at := from; at < to; at++ {
			secret[at] = true
		}
	}
	folded, places := fold(text)
	for end := pieceSize; end <= len(folded); end++ {
		if s.long.Lookup(folded[end-pieceSize:end], 1) != nil {
			mark(places[end-pieceSize], places[end-1]+1)
		}
	}
	if !words {
		return secret
	}
	for _, short := range s.short {
		for from := 0; ; from++ {
			at := strings.Index(text[from:], short)
			if at < 0 {
				break
			}
			if from += at; isWhole(text, from, from+len(short)) {
				mark(from, from+len(short))
			}
		}
	}
	return secret
}

// isWord reports whether a piece is only an ordinary word that is a part of secrets:
// the secret restream-chat-1234 does not redact restream in an address.
func (s *set) isWord(piece string) bool {
	if len(piece) >= 2*pieceSize || strings.ContainsFunc(piece, func(c rune) bool { return c < 'a' || c > 'z' }) {
		return false
	}
	found := false
	for _, secret := range s.secrets {
		at := strings.Index(secret, piece)
		if at < 0 {
			continue
		}
		if len(secret) == len(piece) || !isWhole(secret, at, at+len(piece)) {
			return false
		}
		found = true
	}
	return found
}

// isWhole reports whether neither a letter nor a digit is beside the part of a
// text.
func isWhole(text string, from, to int) bool {
	return (from == 0 || !isAlphanumeric(text[from-1])) && (to == len(text) || !isAlphanumeric(text[to]))
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// fold prepares text for a comparison. It makes ASCII letters lower case, since
// hexadecimal digits can be in either case and a host name loses its capitals. It
// removes control characters, since a line end may split a secret. places has the
// index in text of each folded byte.
func fold(text string) (folded []byte, places []int) {
	for at, c := range []byte(text) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c >= ' ' {
			folded, places = append(folded, c), append(places, at)
		}
	}
	return folded, places
}

// escapes are the usual ways to write special characters. The encodings of most
// tokens are all the same, since they have none.
var escapes = []func(string) string{
	url.QueryEscape,
	url.PathEscape,
	func(s string) string { // as JavaScript does
		return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(s))
	},
	func(s string) string {
		quoted, _ := json.Marshal(s)
		return unquoted(string(quoted))
	},
	func(s string) string { return unquoted(strconv.Quote(s)) }, // also JSON without HTML's escapes
	func(s string) string { return unquoted(strconv.QuoteToASCII(s)) },
	strings.NewReplacer("/", `\/`).Replace, // as PHP does in JSON
	html.EscapeString,
	strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#x27;", "<", "&lt;", ">", "&gt;").Replace,
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// newSet encodes the secrets in every way.
func newSet(secrets []string) *set {
	s := new(set)
	var long []byte
	for _, secret := range secrets {
		folded, _ := fold(secret)
		s.secrets = append(s.secrets, string(folded))
		escaped := escape(escape([]string{secret}))
		if len(secret) < pieceSize {
			s.short = append(s.short, escaped...)
			escaped = nil
		}
		for _, encoded := range append(escaped, hexAndBase64(secret)...) {
			if folded, _ := fold(encoded); len(folded) >= pieceSize {
				long = append(append(long, folded...), 0xff) // in no UTF-8
			}
		}
	}
	s.long = suffixarray.New(long)
	return s
}

// escape returns the texts, and each of them escaped in each way.
func escape(texts []string) []string {
	escaped := slices.Clone(texts)
	for _, text := range texts {
		for _, e := range escapes {
			escaped = append(escaped, e(text))
		}
	}
	slices.Sort(escaped)
	return slices.Compact(escaped)
}

// hexAndBase64 returns the secret in hexadecimal and in base64, so that it is found
// within a longer text too. base64 depends on where the secret begins in the text, and
// its first and last digits also on the neighbours, so those are left out.
func hexAndBase64(secret string) []string {
	encoded := []string{hex.EncodeToString([]byte(secret))}
	for _, text := range slices.Compact([]string{secret, url.QueryEscape(secret)}) {
		for before := range 3 {
			padded := []byte(strings.Repeat("x", before) + text)
			from, to := (before*8+5)/6, len(padded)*8/6
			encoded = append(encoded, base64.RawStdEncoding.EncodeToString(padded)[from:to], base64.RawURLEncoding.EncodeToString(padded)[from:to])
		}
	}
	return escape(encoded)
}
