package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/endpoint"
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

// logoutCommand ends the stored login.
type logoutCommand struct{ *apiFlags }

// Run revokes the stored tokens and deletes them.
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

// tokens opens the source of access tokens; nothing is contacted yet.
func (r *run) tokens(t *tokenFlags) (*auth.Source, auth.Options, error) {
	options, err := r.authOptions(&t.apiFlags)
	if err != nil {
		return nil, options, err
	}
	options.TokenFile, options.TokenCommand = t.TokenFile, t.TokenCommand
	source, err := auth.Open(options)
	return source, options, err
}

// authOptions builds the options of the token source. Every secret that it finds
// is kept out of stderr.
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
		stderr = &notes{tell: func(line string) { r.status.Note("link", line) }}
	}
	return auth.Options{
		APIURL: api.APIURL, Environ: r.Environ, Stdin: r.Stdin, Stderr: stderr,
		HTTP: r.httpClient(address.Scheme == "http"), Secrets: r.secrets,
		Warn: func(line string) { r.status.Note("link", line) }, Now: time.Now,
	}, nil
}

// httpClient honours HTTPS_PROXY and NO_PROXY of the Env. A plain one stays on
// this machine.
func (r *run) httpClient(plain bool) *http.Client {
	dialer := &net.Dialer{}
	if plain {
		dialer.Control = endpoint.OnlyLoopback
	}
	proxy := endpoint.Proxy(r.getenv)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:             func(q *http.Request) (*url.URL, error) { return proxy(q.URL) },
			DialContext:       dialer.DialContext,
			ForceAttemptHTTP2: true,
		},
	}
}
