// Package auth gets access tokens: from the sources that the user names, by the
// OAuth login, and from the store that many processes share.
//
// [Open] says in which order it looks for a token. Errors quote a server only
// after [redact.Secrets] has removed what is secret.
package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/endpoint"
)

// Options say where tokens come from. Only the first two may be empty.
type Options struct {
	// TokenFile is --token-file: a path, "-" for stdin, "" for none.
	TokenFile string
	// TokenCommand is --token-command, "" for none. See [split] for how it
	// becomes a program and its arguments.
	TokenCommand string
	// APIURL is --api-url: what "/login" and "/oauth/token" are appended to.
	APIURL string
	// Environ is the environment as "NAME=value", also that of the command; of
	// duplicates the last counts.
	Environ []string
	// Stdin is read for a TokenFile of "-", and by [Login].
	Stdin io.Reader
	// Stderr is the stderr of the token command, and gets the messages of [Login]
	// and [Logout].
	Stderr io.Writer
	// HTTP is the client for the API. Its CheckRedirect is ignored: redirects are
	// never followed.
	HTTP *http.Client
	// Warn shows a warning to the user: one line without a line end.
	Warn func(line string)
	// Secrets collects every secret.
	Secrets *redact.Secrets
	// Now is the clock.
	Now func() time.Time
}

// check refuses an API that tokens must not be sent to.
func (o *Options) check() error {
	if _, err := CheckAPI(o.APIURL); err != nil {
		return usage("--api-url: %v", err)
	}
	return nil
}

// getenv returns a variable of the environment, "" where it is not set.
func (o *Options) getenv(name string) string {
	for i := len(o.Environ) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(o.Environ[i], "="); key == name {
			return value
		}
	}
	return ""
}

// CheckAPI parses the address of an API and refuses one that tokens must not be
// sent to.
func CheckAPI(api string) (*url.URL, error) {
	u, err := endpoint.Check(api, "https", "http")
	if err == nil && u.RawQuery != "" {
		err = errors.New("an address of an API must have no ? part")
	}
	return u, err
}

// source is a place that tokens come from. Its Token is called by one goroutine
// at a time.
type source interface {
	// Token returns an access token; see [Source.Token].
	Token(ctx context.Context, refused string) (string, error)
}

// Source returns access tokens. It is safe for concurrent use.
type Source struct {
	from    source
	mu      chan struct{} // a lock that a context can give up waiting for
	secrets *redact.Secrets
}

// Open returns the first source that is set: the token file,
// RESTREAM_ACCESS_TOKEN, the token command, or else the store that [Login]
// fills. It reads files, runs nothing and contacts nobody.
func Open(o Options) (*Source, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	from, err := o.open()
	if err != nil {
		return nil, err
	}
	s := &Source{from: from, mu: make(chan struct{}, 1), secrets: o.Secrets}
	return s, nil
}

func (o *Options) open() (source, error) {
	variable := o.getenv(accessTokenVariable)
	switch {
	case o.TokenFile == "-":
		return &stream{r: o.Stdin, name: "stdin"}, nil
	case o.TokenFile != "":
		return openFile(o.TokenFile)
	case variable != "":
		token, err := parseToken(variable)
		if err != nil {
			return nil, unauthorized("%s: %v", accessTokenVariable, err)
		}
		return fixed{token, accessTokenVariable}, nil
	case o.TokenCommand != "":
		return newCommand(o)
	}
	path, err := o.storePath()
	if err != nil {
		return none{}, nil // without a home there is no login in it either
	}
	s := newStored(o, path)
	if _, err := s.store.read(); untrusted(err) {
		return nil, err
	}
	return s, nil
}

// none is the source when no source is set.
type none struct{}

func (none) Token(context.Context, string) (string, error) { return "", noLogin() }

func noLogin() error {
	return unauthorized("no access token: run `restail login`, or set %s, --token-file or --token-command", accessTokenVariable)
}

// Token returns an access token. refused is the token that the service has just
// refused, or "": it is not returned again.
//
// The error is the context's, or an [*Error]: Temporary when asking again can
// help, else final. When ctx is cancelled in the middle of a refresh, Token
// waits for the answer, 5 s at most, and stores it: the old tokens are invalid.
func (s *Source) Token(ctx context.Context, refused string) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case s.mu <- struct{}{}:
	}
	defer func() { <-s.mu }()
	token, err := s.from.Token(ctx, refused)
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	s.secrets.Add(token)
	return token, err
}
