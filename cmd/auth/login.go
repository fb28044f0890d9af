package auth

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/restail/restail/cmd/endpoint"
)

// chatScope is the scope that the chat needs. A login does not ask for scopes: the
// owner of an application ticks them in Restream's settings.
const chatScope = "chat.read"

// LoginOptions are the options of [Login].
type LoginOptions struct {
	Options
	// RedirectURL is --redirect-url, exactly as registered for the application.
	RedirectURL string
	// NoBrowser is --no-browser: print the URL to open, perhaps on another
	// machine, and read from Stdin the URL that the browser was redirected to.
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
	store    *store
	known    *login // the stored login, empty when there is none
	redirect *url.URL
	app      application
	state    string
	verifier string // of PKCE
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
	logIn := f.fromBrowser
	if o.NoBrowser {
		logIn = f.fromPaste
	}
	if err := logIn(ctx); err != nil {
		return err
	}
	fmt.Fprintf(o.Stderr, "Logged in. The tokens are stored in %s.\n", f.store.path)
	return nil
}

// newFlow checks the options, before the user is asked or a server is contacted.
func newFlow(o *LoginOptions) (*flow, error) {
	redirect, err := parseRedirect(o.RedirectURL, o.NoBrowser)
	if err != nil {
		return nil, err
	}
	store, err := newStore(&o.Options)
	if err != nil {
		return nil, err
	}
	known, err := store.read()
	if untrusted(err) {
		return nil, err
	}
	if err != nil { // none, or a damaged one that this login replaces
		known = new(login)
	}
	o.Secrets.Add(known.AccessToken, known.RefreshToken, known.ClientSecret)
	return &flow{
		LoginOptions: o,
		lines:        bufio.NewReader(io.LimitReader(o.Stdin, 1<<20)),
		api:          newAPI(&o.Options),
		store:        store,
		known:        known,
		redirect:     redirect,
		state:        rand.Text(),
		verifier:     rand.Text() + rand.Text(), // at least 43 characters (RFC 7636, 4.1)
	}, nil
}

// parseRedirect checks the redirect URL. With --no-browser nothing listens
// there, so it may be any URL that is registered.
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

// url returns the URL that the browser must open.
func (f *flow) url() string {
	challenge := sha256.Sum256([]byte(f.verifier))
	return f.api.base + loginPath + "?" + url.Values{
		"response_type":         {"code"},
		"client_id":             {f.app.id},
		"redirect_uri":          {f.RedirectURL},
		"state":                 {f.state},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"code_challenge_method": {"S256"},
	}.Encode()
}

// hasState reports whether a query belongs to this login.
func (f *flow) hasState(q url.Values) bool {
	return subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(f.state)) == 1
}

// codeOf returns the code in the query of the redirect URL. Its error is an
// [*Error] that says why there is none.
func (f *flow) codeOf(q url.Values) (code string, err error) {
	f.Secrets.Add(q.Get("code"))
	switch {
	case !q.Has("state") && !q.Has("code") && !q.Has("error"):
		// The service redirects like this after a denial.
		return "", unauthorized("the login was denied: the browser came back without a code; run `restail login` again to allow it")
	case !f.hasState(q):
		return "", unauthorized("the answer belongs to another login (its state is wrong): run `restail login` again, and use only the page that it opens")
	case q.Get("error") != "":
		return "", unauthorized("the login was denied: %s", f.api.quote(q.Get("error")+" "+q.Get("error_description")))
	}
	if code, err = parseToken(q.Get("code")); err != nil {
		return "", unauthorized("the browser came back without a code: run `restail login` again")
	}
	return code, nil
}

// finish exchanges the code for tokens and stores them. It reserves space on the disk
// first, since a code works only once.
func (f *flow) finish(ctx context.Context, code string) error {
	unlock, err := f.store.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := f.store.recover()
	if untrusted(err) {
		return err
	}
	if err != nil {
		old = new(login)
	}
	next, err := f.store.prepare()
	if err != nil {
		return failed("cannot store a login: %v", err)
	}
	pair, err := f.exchange(ctx, code)
	if err == nil && pair.scopes != nil && !slices.Contains(pair.scopes, chatScope) {
		err = unauthorized("the login lacks the scope %s, which reading the chat needs: tick it for the application at https://developers.restream.io, then run `restail login` again", chatScope)
	}
	if err != nil {
		f.store.drop(next)
		return err
	}
	err = f.store.put(next, &login{
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
	refused, ok := errors.AsType[*refusal](err)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !ok:
		return pair, err
	case refused.status == http.StatusUnauthorized || refused.name == "invalid_client":
		return nil, unauthorized("the client id or the client secret is wrong: compare them with the application's page at Restream (%s)", refused.text)
	case refused.final():
		return nil, unauthorized("the login was not accepted: is the redirect URL %s registered for the application, and the code fresh? (%s)", f.RedirectURL, refused.text)
	}
	return nil, temporary("cannot log in now: %s", refused.text)
}

// Logout revokes the stored tokens and deletes them. It reports on Stderr. When it
// cannot revoke them, it deletes them all the same, and the error says so. The error
// is an [*Error], or the context's when nothing was done.
func Logout(ctx context.Context, o Options) error {
	s, err := newStore(&o)
	if err != nil {
		return err
	}
	if !s.exists() {
		fmt.Fprintln(o.Stderr, "Not logged in.")
		return nil
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	l, err := s.recover()
	if untrusted(err) {
		return err
	}
	var revokeErr error
	if err == nil {
		a := newAPI(&o)
		if err := checkIssuer(l, a.base); err != nil {
			return err
		}
		revokeErr = a.revoke(ctx, l)
	}
	if err := s.remove(); err != nil {
		return err
	}
	switch {
	case err != nil:
		return failed("the stored login was damaged: it is deleted here, but could not be revoked")
	case revokeErr != nil:
		return failed("the tokens are deleted here, but could not be revoked (%v): they work until they expire; the application's access can be taken away in Restream's settings", revokeErr)
	}
	fmt.Fprintf(o.Stderr, "Logged out. The tokens are revoked and deleted from %s.\n", s.path)
	return nil
}
