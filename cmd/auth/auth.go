// Package auth provides access tokens.
//
// [Open] takes the places that a token can come from: a file, an environment
// variable, a command, or the store that [Login] fills. It returns a [Source],
// whose Token is a token that is worth trying, or an [*Error]. This package owns
// the store, which any number of processes share. The caller owns the streams,
// the HTTP client and [redact.Secrets]: every secret is added there before it
// can reach a message.
package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/endpoint"
)

// Options say where tokens come from. Only TokenFile and TokenCommand may be empty.
type Options struct {
	// TokenFile is --token-file: a path, "-" for stdin, "" for none.
	TokenFile string
	// TokenCommand is --token-command, "" for none. See [split] for how it
	// becomes a program and its arguments.
	TokenCommand string
	// APIURL is --api-url, which [CheckAPI] has accepted. "/login" and
	// "/oauth/token" are appended to it.
	APIURL string
	// Environ is the environment as "NAME=value", for the token command too. Of
	// duplicates the last counts.
	Environ []string
	// Stdin is read for a TokenFile of "-", and by [Login].
	Stdin io.Reader
	// Stderr receives the stderr of the token command, and the messages of [Login]
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

// CheckAPI parses the address of an API and refuses one that tokens must not be
// sent to.
func CheckAPI(api string) (*url.URL, error) {
	u, err := endpoint.Check(api, "https", "http")
	if err == nil && u.RawQuery != "" {
		err = errors.New("the address must not contain a ? part")
	}
	return u, err
}

func (o *Options) getenv(name string) string { return endpoint.Getenv(o.Environ, name) }

// source returns an access token, as [Source.Token] does. Only one goroutine at a
// time calls it.
type source func(ctx context.Context, refused string) (string, error)

// Source returns access tokens. It is safe for concurrent use.
type Source struct {
	token   source
	mu      chan struct{} // a lock for token; a wait for it ends with the context
	secrets *redact.Secrets
}

// Open returns the first source that is set: the token file,
// RESTREAM_ACCESS_TOKEN, the token command, or else the store that [Login]
// fills. It reads files, but runs no command and contacts no server. Its errors are
// those of wrong usage: where a token should be and is none, Token says so.
func Open(o Options) (*Source, error) {
	token, err := o.open()
	if e, ok := errors.AsType[*Error](err); ok && e.status == statusUnauthorized {
		token, err = func(context.Context, string) (string, error) { return "", e }, nil
	}
	if err != nil {
		return nil, err
	}
	return &Source{token: token, mu: make(chan struct{}, 1), secrets: o.Secrets}, nil
}

func (o *Options) open() (source, error) {
	variable := o.getenv(accessTokenVariable)
	switch {
	case o.TokenFile == "-":
		return readOnce("stdin", func() (string, error) { return readLine(o.Stdin) }), nil
	case o.TokenFile != "":
		return openFile(o.TokenFile)
	case variable != "":
		token, err := parseToken(variable)
		if err != nil {
			return nil, unauthorized("%s: %v", accessTokenVariable, err)
		}
		return fixed(token, accessTokenVariable), nil
	case o.TokenCommand != "":
		return newCommand(o)
	}
	s, err := newStore(o)
	if err != nil { // no home directory, so no stored login
		return func(context.Context, string) (string, error) { return "", ErrNoLogin }, nil
	}
	if _, err := s.read(); untrusted(err) {
		return nil, err
	}
	return (&refresher{store: s, api: newAPI(o)}).token, nil
}

// Token returns an access token. refused is a token that the service has just
// refused, or "". Token does not return it again.
//
// The error is the context's, or an [*Error]: Temporary when asking again can
// help, else final. When ctx is cancelled during a refresh, Token waits for the
// answer, 5 s at most, and stores it, since the old tokens are invalid.
func (s *Source) Token(ctx context.Context, refused string) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case s.mu <- struct{}{}:
	}
	defer func() { <-s.mu }()
	token, err := s.token(ctx, refused)
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	s.secrets.Add(token)
	return token, err
}

// The exit statuses of this package's errors.
const (
	statusFailed       = 1
	statusUsage        = 2
	statusUnauthorized = 3
)

// Error is the type of every error of this package except the context's. Its
// text is one line that says what is wrong and what to do, without a secret. It
// may quote control characters of a server.
type Error struct {
	text      string
	status    int
	temporary bool
	after     time.Duration
}

func (e *Error) Error() string { return e.text }

// Temporary reports whether asking again later can help: the network or the
// service failed, not the login.
func (e *Error) Temporary() bool { return e.temporary }

// RetryAfter returns how long to wait before the next request, 0 when the
// service did not say.
func (e *Error) RetryAfter() time.Duration { return e.after }

// ExitStatus returns the exit status of a program that ends with the error.
func (e *Error) ExitStatus() int { return e.status }

// usage returns the error for a wrong setting or file, found before any server is
// contacted.
func usage(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusUsage}
}

// unauthorized returns the error for a token that is missing or was refused.
func unauthorized(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusUnauthorized}
}

// failed returns the error for a failure on this machine that a retry does not fix.
func failed(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusFailed}
}

// temporary returns the error for a failure that a retry may fix.
func temporary(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusFailed, temporary: true}
}
