package auth

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"github.com/restail/restail/cmd/endpoint"
)

// The environment variables of the registered application.
const (
	clientIDVariable     = "RESTREAM_CLIENT_ID"
	clientSecretVariable = "RESTREAM_CLIENT_SECRET"
)

// chatScope is the scope that the chat needs. Scopes are not asked for at the
// login: the owner of an application ticks them.
const chatScope = "chat.read"

// LoginOptions is what [Login] needs.
type LoginOptions struct {
	Options
	// RedirectURL is --redirect-url, exactly as registered for the application.
	RedirectURL string
	// NoBrowser is --no-browser: print the URL, and read from Stdin the URL at
	// which a browser ended, perhaps on another machine.
	NoBrowser bool
	// Browse opens a URL in the browser; nil when there is none. The URL is also
	// printed.
	Browse func(url string) error
	// ReadSecret reads a line from the terminal without echo; nil when Stdin is
	// not a terminal.
	ReadSecret func(ctx context.Context) (string, error)
}

// flow is one login in progress.
type flow struct {
	*LoginOptions
	lines    *bufio.Reader // Stdin
	api      *api
	store    store
	redirect *url.URL
	app      application
	state    string
	verifier string
}

// Login runs the authorization-code flow and stores the tokens. It prompts on
// Stderr. Its error is the context's or an [*Error].
func Login(ctx context.Context, o LoginOptions) error {
	f, err := newFlow(&o)
	if err != nil {
		return err
	}
	if f.app, err = f.application(ctx); err != nil {
		return err
	}
	code := f.fromBrowser
	if o.NoBrowser {
		code = f.fromPaste
	}
	if err := code(ctx); err != nil {
		return err
	}
	fmt.Fprintf(o.Stderr, "Logged in. The tokens are stored in %s.\n", f.store.path)
	return nil
}

// newFlow checks what the user wrote, before anything is asked or contacted.
func newFlow(o *LoginOptions) (*flow, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	redirect, err := parseRedirect(o.RedirectURL, o.NoBrowser)
	if err != nil {
		return nil, err
	}
	path, err := o.storePath()
	if err != nil {
		return nil, err
	}
	store := store{path: path, warn: o.Warn}
	if _, err := store.read(); untrusted(err) {
		return nil, err
	}
	return &flow{
		LoginOptions: o,
		lines:        bufio.NewReader(io.LimitReader(o.Stdin, 1<<20)),
		api:          newAPI(&o.Options),
		store:        store,
		redirect:     redirect,
		state:        rand.Text(),
		verifier:     oauth2.GenerateVerifier(),
	}, nil
}

// parseRedirect checks the redirect URL. Without a browser of ours nothing
// listens there, so that it may be any that is registered.
func parseRedirect(redirect string, noBrowser bool) (*url.URL, error) {
	u, err := url.Parse(redirect)
	const like = "write it as http://127.0.0.1:8976/callback"
	switch {
	case err != nil || u.Host == "" || u.Fragment != "" || u.User != nil:
		return nil, usage("invalid --redirect-url: %s", like)
	case noBrowser && (u.Scheme == "https" || u.Scheme == "http"):
		return u, nil
	case u.Scheme != "http" || !endpoint.IsLoopback(u.Hostname()):
		return nil, usage("--redirect-url=%s: restail can listen only on http:// and loopback: %s, or use --no-browser", redirect, like)
	case u.Port() == "" || u.Port() == "0":
		return nil, usage("--redirect-url=%s: it needs a port, the one that is registered: %s", redirect, like)
	}
	return u, nil
}

// url returns the URL that the browser has to open.
func (f *flow) url() string {
	config := oauth2.Config{ClientID: f.app.id, RedirectURL: f.RedirectURL, Endpoint: oauth2.Endpoint{AuthURL: f.api.base + loginPath}}
	return config.AuthCodeURL(f.state, oauth2.S256ChallengeOption(f.verifier))
}

// finish exchanges the code for tokens and stores them. It reserves space on the
// disk first: a code works once.
func (f *flow) finish(ctx context.Context, code string) error {
	unlock, err := f.store.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	old, _, err := f.store.recover()
	if untrusted(err) {
		return err
	}
	if err != nil {
		old = new(login) // none, or a damaged one that this login replaces
	}
	next, err := f.store.prepare()
	if err != nil {
		return failed("cannot store a login: %v", err)
	}
	pair, err := f.exchange(ctx, code)
	if err != nil {
		next.drop()
		return err
	}
	if pair.scopes != nil && !slices.Contains(pair.scopes, chatScope) {
		next.drop()
		return unauthorized("the login lacks the scope %s, which reading the chat needs: tick it for the application at https://developers.restream.io, then run `restail login` again", chatScope)
	}
	err = next.put(&login{
		Serial:       old.Serial + 1,
		APIURL:       f.api.base,
		ClientID:     f.app.id,
		ClientSecret: f.app.secret,
		AccessToken:  pair.access,
		RefreshToken: pair.refresh,
		ExpiresAt:    pair.expires,
	})
	if err != nil {
		return failed("cannot store the login: %v", err)
	}
	return nil
}

// exchange exchanges the code for tokens.
func (f *flow) exchange(ctx context.Context, code string) (*pair, error) {
	pair, err := f.api.grant(ctx, f.app, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {f.RedirectURL},
		"code_verifier": {f.verifier},
	})
	no := (*refusal)(nil)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !errors.As(err, &no):
		return pair, err
	case no.status == http.StatusUnauthorized || no.name == "invalid_client":
		return nil, unauthorized("the client id or the client secret is wrong: compare them with the application's page at Restream (%s)", no.said)
	case no.final():
		return nil, unauthorized("the login was not accepted: is the redirect URL %s registered for the application, and the code fresh? (%s)", f.RedirectURL, no.said)
	}
	return nil, temporary("cannot log in now: %s", no.said)
}

// codeOf returns the code in the URL that the browser came back to. Its error is
// an [*Error] that says why there is none.
func (f *flow) codeOf(q url.Values) (code string, err error) {
	f.Secrets.Add(q.Get("code"))
	switch {
	case !q.Has("state") && !q.Has("code") && !q.Has("error"):
		// What the service does after a denial.
		return "", unauthorized("the login was denied: the browser came back without a code; run `restail login` again to allow it")
	case !same(q.Get("state"), f.state):
		return "", unauthorized("the answer belongs to another login (its state is wrong): run `restail login` again, and use only the page that it opens")
	case q.Get("error") != "":
		return "", unauthorized("the login was denied: %s", f.api.quote(q.Get("error")+" "+q.Get("error_description")))
	}
	if code, err = parseToken(q.Get("code")); err != nil {
		return "", unauthorized("the browser came back without a code: run `restail login` again")
	}
	return code, nil
}
