package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/endpoint"
)

// loginCommand logs in and stores the tokens.
type loginCommand struct{ *loginFlags }

type loginFlags struct {
	NoBrowser   bool   `group:"token" help:"For a machine without a browser: print the URL to open elsewhere, and read the redirect URL or the code from stdin."`
	RedirectURL string `default:"http://127.0.0.1:8976/callback" placeholder:"URL" group:"token" help:"The URL that the browser is redirected to, exactly as registered for the application."`
	apiFlags
}

// Run logs in through the browser and prints where the tokens are stored.
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

// readSecret returns a function that reads a line from the terminal without echo, or
// nil when stdin is not a terminal.
func readSecret(env Env) func(context.Context) (string, error) {
	if !isTerminal(env.Stdin) {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		fd := int(env.Stdin.(*os.File).Fd())
		before, err := term.GetState(fd)
		if err != nil {
			return "", err
		}
		line, err := await(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
		if ctx.Err() != nil {
			return "", cmp.Or(term.Restore(fd, before), ctx.Err())
		}
		return string(line), err
	}
}

// logoutCommand revokes and deletes the stored tokens.
type logoutCommand struct{ *apiFlags }

// Run revokes the tokens, then deletes the store.
func (c *logoutCommand) Run(r *run) error {
	options, err := r.authOptions(c.apiFlags)
	if err != nil {
		return err
	}
	return auth.Logout(r, options)
}

// tokenCommand prints an access token, for curl and scripts.
type tokenCommand struct{ *tokenFlags }

// Run prints the token that tail would use.
func (c *tokenCommand) Run(r *run) error {
	source, _, err := r.openTokens(c.tokenFlags)
	if err != nil {
		return err
	}
	token, err := getToken(r, source)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(wholeLines{r.Stdout}, token)
	return writeError(err)
}

const (
	// tokenTries is how many times getToken tries.
	tokenTries = 3
	// maxTokenPause is the longest pause between two tries. It is short because a
	// script waits for the token.
	maxTokenPause = 10 * time.Second
)

// getToken gets a token from the source. It tries again after a temporary error.
func getToken(ctx context.Context, source *auth.Source) (string, error) {
	pause := time.Second
	for try := 1; ; try++ {
		token, err := source.Token(ctx, "")
		e, ok := errors.AsType[*auth.Error](err)
		if !ok || !e.Temporary() || try == tokenTries || e.RetryAfter() > maxTokenPause {
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

// openTokens opens the source of access tokens, without contacting anything. It also
// returns the options of the API.
func (r *run) openTokens(t *tokenFlags) (*auth.Source, auth.Options, error) {
	options, err := r.authOptions(&t.apiFlags)
	if err != nil {
		return nil, options, err
	}
	options.TokenFile, options.TokenCommand = t.TokenFile, t.TokenCommand
	source, err := auth.Open(options)
	return source, options, err
}

// authOptions returns the options of the token source and the API. Every secret that
// they hold is redacted on stderr.
func (r *run) authOptions(api *apiFlags) (auth.Options, error) {
	if err := endpoint.CheckProxy(r.getenv); err != nil {
		return auth.Options{}, usageError(err, "")
	}
	address, err := auth.CheckAPI(api.APIURL)
	if err != nil {
		return auth.Options{}, r.flagError("api-url", err)
	}
	r.secrets.AddBasic(endpoint.ProxyLogin(r.getenv))
	stderr := r.Stderr
	if r.inJSON {
		stderr = &lineSplitter{emit: func(line string) { r.status.Note("link", line) }}
	}
	return auth.Options{
		APIURL: api.APIURL, Environ: r.Environ, Stdin: r.Stdin, Stderr: stderr,
		HTTP: r.httpClient(address.Scheme == "http"), Secrets: r.secrets,
		Warn: func(line string) { r.status.Note("link", line) }, Now: time.Now,
	}, nil
}

// httpClient returns an HTTP client that uses the proxy that the Env sets. With
// loopbackOnly it connects to this machine only: a token on plain HTTP must not leave
// it.
func (r *run) httpClient(loopbackOnly bool) *http.Client {
	transport := endpoint.Transport(loopbackOnly, r.getenv)
	transport.ForceAttemptHTTP2 = true
	return &http.Client{Transport: transport}
}
