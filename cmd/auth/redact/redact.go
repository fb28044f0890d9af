// Package redact removes secrets from messages.
//
// A [Secrets] holds the secrets of one run. It finds them in any form in which a
// server, a proxy or a library may repeat them: as they are, percent-encoded,
// escaped for JSON, Go or HTML, inside base64, as quoted-printable, split into
// lines, cut off, and all of that at once.
package redact

import (
	"encoding/base64"
	"io"
	"net/url"
	"regexp"
	"slices"
	"sync"
)

// Mark replaces a secret.
const Mark = "[redacted]"

// limit is how many secrets are kept. Tokens change every hour, so that a run of
// weeks has to forget the oldest, which are invalid by then.
const limit = 256

// Secrets is a set of secrets. The zero value is empty and ready to use. It is
// safe for concurrent use.
type Secrets struct {
	mu    sync.RWMutex
	known []string // the most recently added last
	index *index   // of them; nil for none
}

// Add adds secrets. It ignores empty ones.
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

// AddBasic adds a password, and the forms that it takes with its name in HTTP
// Basic authentication.
func (s *Secrets) AddBasic(name, plain string) {
	if plain == "" {
		return
	}
	s.Add(plain,
		base64.StdEncoding.EncodeToString([]byte(name+":"+plain)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(name)+":"+url.QueryEscape(plain))))
}

// patterns find secrets by their context, even unknown ones: the password of a
// URL and the values of some query parameters.
var patterns = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`(://)[^/?#@\s"']*:[^/?#@\s"']*(@)`),
		regexp.MustCompile(`(?i)([?&](?:access_?token|refresh_?token|client_?secret|code_?verifier|token|code)=)[^&#\s"'<>]+()`),
	}
})

// Text returns a text of somebody else without secrets: [Mark] replaces every
// known secret and any eight bytes of one. A shorter secret is replaced only
// where it is a whole word.
func (s *Secrets) Text(text string) string { return s.without(text, true) }

// without removes the secrets from a text; short ones, which may be words, only
// if words is true.
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
