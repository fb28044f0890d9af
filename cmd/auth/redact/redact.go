// Package redact keeps secrets out of what people and logs see.
//
// A [Secrets] knows the secrets of one run and finds them in any text in every
// spelling that a server, a proxy or an error of a library may give them: as
// they are, percent-encoded, escaped for JSON, Go or HTML, inside base64, as
// quoted-printable, split into lines, cut off, and all of that at once.
package redact

import (
	"encoding/base64"
	"io"
	"net/url"
	"regexp"
	"slices"
	"sync"
)

// Mark stands where a secret stood.
const Mark = "[redacted]"

// limit is how many secrets are remembered. Tokens change every hour, so a
// run of weeks must forget the oldest; those are dead.
const limit = 256

// Secrets is the set of secrets known to this run. The zero value knows none
// and is ready. It is safe for concurrent use.
type Secrets struct {
	mu    sync.RWMutex
	known []string // the most recently added last
	index *index   // of them; nil for none
}

// Add makes the secrets known. Empty ones are ignored.
func (s *Secrets) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := false
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		news = news || !slices.Contains(s.known, secret)
		s.known = append(slices.DeleteFunc(s.known, func(k string) bool { return k == secret }), secret)
	}
	if !news {
		return
	}
	s.known = slices.Delete(s.known, 0, max(0, len(s.known)-limit))
	s.index = newIndex(slices.Clone(s.known))
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

// Text returns the text with [Mark] in the place of every known secret, and of
// any eight bytes of one; of a secret that is shorter, only where it stands as a
// whole word. It is for what others said.
func (s *Secrets) Text(text string) string { return s.without(text, true) }

// without takes the secrets out of the text; those that can be words only if
// words is true.
func (s *Secrets) without(text string, words bool) string {
	s.mu.RLock()
	x := s.index
	s.mu.RUnlock()
	if x != nil {
		text = x.without(text, words)
	}
	for _, p := range patterns() {
		text = p.ReplaceAllString(text, "${1}"+Mark+"${2}")
	}
	return text
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
	if _, err := io.WriteString(w.w, w.secrets.without(string(p), false)); err != nil {
		return 0, err
	}
	return len(p), nil
}
