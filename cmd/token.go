package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/restail/restail/cmd/auth"
)

// tokenCommand prints an access token, for curl and scripts.
type tokenCommand struct{ *tokenFlags }

// Run prints the token that tail would use.
func (c *tokenCommand) Run(r *run) error {
	options, err := r.authOptions(&c.apiFlags)
	if err != nil {
		return err
	}
	options.TokenFile, options.TokenCommand = c.TokenFile, c.TokenCommand
	source, err := auth.Open(options)
	if err != nil {
		return err
	}
	token, err := askForToken(r, source)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(r.Stdout, token)
	return writeError(err)
}

const (
	// tokenTries is how often a token is asked for while the network or the
	// service fails.
	tokenTries = 3
	// maxTokenPause is the longest pause between two tries: a script waits for
	// the answer.
	maxTokenPause = 10 * time.Second
)

// askForToken asks for a token, and asks again when that can help.
func askForToken(ctx context.Context, source *auth.Source) (string, error) {
	pause := time.Second
	for try := 1; ; try++ {
		token, err := source.Token(ctx, "")
		e := (*auth.Error)(nil)
		if !errors.As(err, &e) || !e.Temporary() || try == tokenTries || e.RetryAfter() > maxTokenPause {
			return token, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(max(pause, e.RetryAfter())):
		}
		pause *= 2
	}
}
