package cmd

import (
	"cmp"
	"context"
	"os"

	"golang.org/x/term"

	"github.com/restail/restail/cmd/auth"
)

// loginCommand fills the store with tokens.
type loginCommand struct{ *loginFlags }

type loginFlags struct {
	NoBrowser   bool   `group:"token" help:"Print the address to open, and read from stdin where the browser ended: for a machine without one."`
	RedirectURL string `default:"http://127.0.0.1:8976/callback" placeholder:"URL" group:"token" help:"Where the browser comes back to, exactly as registered for the application."`
	apiFlags
}

// Run logs in and says where the tokens are stored.
func (c *loginCommand) Run(r *run) error {
	options, err := r.authOptions(&c.apiFlags)
	if err != nil {
		return err
	}
	return auth.Login(r, auth.LoginOptions{
		Options:     options,
		RedirectURL: c.RedirectURL,
		NoBrowser:   c.NoBrowser,
		Browse:      auth.Browser(r.Environ),
		ReadSecret:  readSecret(r.Env),
	})
}

// readSecret returns what reads a line from the terminal without echo, nil when
// stdin is not a terminal.
func readSecret(env Env) func(context.Context) (string, error) {
	if !terminal(env.Stdin) {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		fd := int(env.Stdin.(*os.File).Fd())
		before, err := term.GetState(fd)
		if err != nil {
			return "", err
		}
		type answer struct {
			line []byte
			err  error
		}
		answered := make(chan answer, 1)
		go func() {
			line, err := term.ReadPassword(fd)
			answered <- answer{line, err}
		}()
		select {
		case a := <-answered:
			return string(a.line), a.err
		case <-ctx.Done():
			return "", cmp.Or(term.Restore(fd, before), ctx.Err())
		}
	}
}
