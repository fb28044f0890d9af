// Package redact keeps secrets out of what people and logs see.
//
// A [Secrets] knows the secrets of one run and finds them in any text in every
// spelling that a server, a proxy or an error of a library may give them:
// as they are, percent-encoded, escaped for JSON, Go or HTML, inside base64.
package redact

import (
	"encoding/base64"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Mark stands where a secret stood.
const Mark = "[redacted]"

const (
	// limit is how many secrets are remembered. Tokens change every hour, so a
	// run of weeks must forget the oldest; those are dead.
	limit = 256
	// short is the length in bytes below which a secret may well be an ordinary
	// word, or part of one: x, test, secret. No real one is that short.
	short = 8
	// stump is the length in bytes from which the beginning of a secret is
	// taken out where the text was cut off within it.
	stump = 6
	// core is the least length in bytes of a base64 fragment worth looking for.
	core = 7
)

// Secrets is the set of secrets known to this run. The zero value knows none
// and is ready. It is safe for concurrent use.
type Secrets struct {
	mu    sync.RWMutex
	known []secret // the most recently added last
}

type secret struct {
	plain  string
	base64 []string // what base64 makes of it, wherever it stands in the encoded text
}

// Add makes the secrets known. Empty ones are ignored.
func (s *Secrets) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, plain := range secrets {
		if plain == "" {
			continue
		}
		s.known = slices.DeleteFunc(s.known, func(k secret) bool { return k.plain == plain })
		s.known = append(s.known, secret{plain: plain, base64: fragments(plain)})
	}
	if extra := len(s.known) - limit; extra > 0 {
		s.known = slices.Delete(s.known, 0, extra)
	}
}

// AddBasic makes a secret known together with what HTTP Basic authentication
// makes of it and the name it belongs to.
func (s *Secrets) AddBasic(name, plain string) {
	if plain == "" {
		return
	}
	s.Add(plain,
		base64.StdEncoding.EncodeToString([]byte(name+":"+plain)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(name)+":"+url.QueryEscape(plain))))
}

// patterns find what is secret by its place, whether it is known or not: the
// password of a URL and the values of telling query parameters.
var patterns = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`(://)[^/?#@\s"']*:[^/?#@\s"']*(@)`),
		regexp.MustCompile(`(?i)([?&](?:access_?token|refresh_?token|client_?secret|code_?verifier|token|code)=)[^&#\s"'<>]+()`),
	}
})

// Text returns the text with [Mark] in the place of every known secret; of one
// that is short, only where it stands as a whole word. It is for what others
// said.
func (s *Secrets) Text(text string) string { return s.without(text, 1) }

// without takes the secrets of that length and more out of the text.
func (s *Secrets) without(text string, least int) string {
	if text == "" {
		return text
	}
	for _, k := range s.longestFirst() {
		if len(k.plain) < least {
			break
		}
		text = replace(text, k.plain)
		for _, fragment := range k.base64 {
			text = strings.ReplaceAll(text, fragment, Mark)
		}
	}
	for _, p := range patterns() {
		text = p.ReplaceAllString(text, "${1}"+Mark+"${2}")
	}
	return text
}

// longestFirst keeps a secret that is part of another from tearing that one.
func (s *Secrets) longestFirst() []secret {
	s.mu.RLock()
	known := slices.Clone(s.known)
	s.mu.RUnlock()
	slices.SortStableFunc(known, func(a, b secret) int { return len(b.plain) - len(a.plain) })
	return known
}

// Writer returns a writer that passes each Write on to w as one Write, without
// secrets. A secret that is torn between two Writes is not found, and a short
// one is left: it could be a word of our own.
func (s *Secrets) Writer(w io.Writer) io.Writer { return &writer{s, w} }

type writer struct {
	secrets *Secrets
	w       io.Writer
}

func (w *writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, w.secrets.without(string(p), short)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// fragments returns the parts of base64 text that depend on nothing but the
// secret, for each of the three places it can have in the encoded bytes.
func fragments(plain string) []string {
	var found []string
	for before := range 3 {
		bits := make([]byte, before, before+len(plain))
		bits = append(bits, plain...)
		first := (before*8 + 5) / 6 // the digit that shares bits with what stands before
		last := len(bits) * 8 / 6   // likewise with what follows
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if digits := encoding.EncodeToString(bits)[first:last]; len(digits) >= core && !slices.Contains(found, digits) {
				found = append(found, digits)
			}
		}
	}
	return found
}
