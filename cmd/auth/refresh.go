package auth

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

const (
	// refreshBefore is how long before its end a token is refreshed.
	refreshBefore = 5 * time.Minute
	// answerTime is how long a refresh waits for its answer after its caller has
	// been cancelled.
	answerTime = 5 * time.Second
)

// refresher returns the token of the store, and refreshes it when needed.
type refresher struct {
	store *store
	api   *api
}

func (r *refresher) token(ctx context.Context, refused string) (string, error) {
	l, err := r.login(ctx, refused)
	if err != nil {
		return "", err
	}
	return l.AccessToken, nil
}

// login returns a login whose token is worth trying: the stored one, or a
// refreshed one.
func (r *refresher) login(ctx context.Context, refused string) (*login, error) {
	seen, err := r.store.read()
	switch {
	case err != nil && (!errors.Is(err, ErrNoLogin) || !r.store.exists()):
		return nil, err
	case err == nil && seen.AccessToken != refused && seen.left(r.api.now()) >= refreshBefore:
		return seen, nil
	}
	unlock, err := r.store.lock(ctx)
	if err != nil {
		return r.useOld(ctx, seen, refused, err)
	}
	defer unlock()
	// Another process may have refreshed the tokens meanwhile.
	l, err := r.store.recover()
	switch {
	case untrusted(err):
		return r.useOld(ctx, seen, refused, err)
	case err != nil:
		return nil, err
	}
	changed := seen == nil || seen.AccessToken != l.AccessToken
	left := l.left(r.api.now())
	if l.AccessToken != refused && (left >= refreshBefore || changed && left > 0) {
		return l, nil
	}
	return r.refresh(ctx, l, refused)
}

// useOld is called when err prevents a refresh. While the old login is valid, it
// warns of err and returns the login; otherwise it returns err.
func (r *refresher) useOld(ctx context.Context, l *login, refused string, err error) (*login, error) {
	if ctx.Err() != nil || l == nil || l.AccessToken == refused || l.left(r.api.now()) <= 0 {
		return nil, err
	}
	r.store.warn(err.Error())
	return l, nil
}

// refresh gets new tokens for l and stores them. It needs the lock.
func (r *refresher) refresh(ctx context.Context, l *login, refused string) (*login, error) {
	if l.RefreshToken == "" {
		return nil, unauthorized("the stored access token is no longer valid and no refresh token came with it: run `restail login`")
	}
	if err := checkIssuer(l, r.api.base); err != nil {
		return nil, err
	}
	next, err := r.store.prepare()
	if err != nil {
		return r.useOld(ctx, l, refused, unwritable(err))
	}
	ctx, cancel := outlive(ctx, answerTime)
	defer cancel()
	pair, err := r.api.grant(ctx, l.application(), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {l.RefreshToken}})
	if err != nil {
		r.store.drop(next)
		answer, ok := errors.AsType[*refusal](err)
		switch {
		case !ok:
			return nil, err
		case !answer.final():
			return nil, &Error{text: "cannot refresh the access token: " + answer.text, status: statusFailed, temporary: true, after: answer.after}
		}
		return nil, unauthorized("the stored login is no longer valid: log in again with `restail login` (%s)", answer.text)
	}
	l = l.renewed(pair)
	if err := r.store.put(next, l); err != nil {
		r.store.warn("the new tokens could not be stored, and the old ones are invalid: " + err.Error())
	}
	return l, nil
}

// unwritable returns the error for a store that cannot be written. No tokens are
// requested then, since they could not be stored.
func unwritable(err error) *Error {
	e := temporary("cannot refresh the access token: cannot write a file next to the stored login: %v", err)
	e.temporary = !errors.Is(err, os.ErrPermission) && !errors.Is(err, syscall.EROFS)
	return e
}

// outlive returns a context that ends later than ctx, by a time span.
func outlive(ctx context.Context, span time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(span, cancel) })
	return longer, func() { stop(); cancel() }
}

// checkIssuer refuses to send tokens to an API that did not issue them. Any
// loopback server may replace another: its port changes with every start.
func checkIssuer(l *login, base string) error {
	issuer := strings.TrimRight(l.APIURL, "/")
	a, errA := url.Parse(issuer)
	b, errB := url.Parse(base)
	if issuer == base || errA == nil && errB == nil && endpoint.IsLoopback(a.Hostname()) && endpoint.IsLoopback(b.Hostname()) {
		return nil
	}
	return unauthorized("the stored login is for %s, not for %s: give --api-url=%s, or run `restail login`", issuer, base, issuer)
}
