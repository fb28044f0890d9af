// Package auth knows who the user is: where the access token comes from, the
// OAuth flow that gets one, and the store that many processes share.
//
// A token is looked for in the order of [Open]. Whatever is quoted from a
// server has gone through [redact.Secrets] before.
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

// Options is the world that tokens come from. Only the first two can be left out.
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
	// Stderr is the command's stderr, and where [Login] and [Logout] talk.
	Stderr io.Writer
	// HTTP talks to the API. Its CheckRedirect does not count: redirects are
	// never followed.
	HTTP *http.Client
	// Warn tells the user of something that is wrong but no hindrance, as one
	// line without a line end.
	Warn func(line string)
	// Secrets learns every secret that turns up.
	Secrets *redact.Secrets
	// Now is the clock.
	Now func() time.Time
}

// check refuses what tokens must not be sent to.
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

// source is one of the places that tokens come from. Its Token is called by
// one goroutine at a time.
type source interface {
	// Token returns an access token; see [Source.Token].
	Token(ctx context.Context, refused string) (string, error)
}

// Source gives access tokens. It is safe for concurrent use.
type Source struct {
	from    source
	turn    chan struct{} // holds one element while nobody asks
	secrets *redact.Secrets
}

// Open finds out where tokens come from: the token file, else
// RESTREAM_ACCESS_TOKEN, else the token command, else the store that [Login]
// fills. It reads what the user named, runs nothing and contacts nobody.
func Open(o Options) (*Source, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	from, err := o.open()
	if err != nil {
		return nil, err
	}
	s := &Source{from: from, turn: make(chan struct{}, 1), secrets: o.Secrets}
	s.turn <- struct{}{}
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
	return newStored(o, path), nil
}

// none is a source when there is nothing to take a token from.
type none struct{}

func (none) Token(context.Context, string) (string, error) { return "", noLogin() }

func noLogin() error {
	return unauthorized("no access token: run `restail login`, or set %s, --token-file or --token-command", accessTokenVariable)
}

// Token returns an access token that is worth a try. The caller passes the
// token that the service has just refused, "" when it has not: a refused token
// is not returned again.
//
// An error is the context's, or an [*Error]: Temporary when asking again can
// help, else final. When ctx is cancelled in the middle of a refresh, Token
// waits for its answer, 5 s at most, and stores it: the old tokens are dead.
func (s *Source) Token(ctx context.Context, refused string) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-s.turn:
	}
	defer func() { s.turn <- struct{}{} }()
	token, err := s.from.Token(ctx, refused)
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	s.secrets.Add(token)
	return token, err
}
