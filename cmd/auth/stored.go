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
	// finalWithin is the time after a refused token was replaced in which the
	// refusal of the new one is final. Later, the new one has worked in between.
	finalWithin = 5 * time.Minute
)

// stored is the source that returns the token of the store and refreshes it.
type stored struct {
	store store
	api   *api
	now   func() time.Time
	warn  func(line string)

	// unsaved is a login that could not be written: its tokens are the only valid ones.
	unsaved *login
	// lost reports that the answer to a refresh got lost, perhaps with the only
	// valid tokens.
	lost bool
	// replacement is the token that last replaced a refused one, at replacedAt.
	replacement string
	replacedAt  time.Time
}

func newStored(o *Options, path string) *stored {
	return &stored{store: store{path: path, warn: o.Warn}, api: newAPI(o), now: o.Now, warn: o.Warn}
}

func (s *stored) Token(ctx context.Context, refused string) (string, error) {
	l, err := s.login(ctx, refused)
	if err != nil {
		return "", err
	}
	if refused != "" {
		s.replacement, s.replacedAt = l.AccessToken, s.now()
	}
	return l.AccessToken, nil
}

// login returns the stored login with a token that is worth a try.
func (s *stored) login(ctx context.Context, refused string) (*login, error) {
	seen, err := s.read()
	if err != nil && !errors.Is(err, errNoLogin) {
		return nil, err
	}
	if err != nil && !s.store.exists() {
		return nil, noLogin()
	}
	if seen != nil && s.unsaved == nil && seen.AccessToken != refused && seen.left(s.now()) >= refreshBefore {
		return seen, nil
	}
	unlock, err := s.store.lock(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return s.makeDo(seen, refused, err)
	}
	defer unlock()
	return s.underLock(ctx, seen, refused)
}

// read returns what the store holds, or a newer login that could not be written.
func (s *stored) read() (*login, error) {
	l, err := s.store.read()
	if s.unsaved != nil && (err != nil || l.Serial < s.unsaved.Serial) {
		return s.unsaved, nil
	}
	return l, err
}

// underLock reads the store again, since another process may have refreshed
// meanwhile, and refreshes if that is still needed. seen is what the store held
// before the lock, nil for nothing.
func (s *stored) underLock(ctx context.Context, seen *login, refused string) (*login, error) {
	l, interrupted, err := s.store.recover()
	s.lost = s.lost || interrupted
	if s.unsaved != nil && (err != nil || l.Serial < s.unsaved.Serial) {
		l, err = s.save(s.unsaved), nil
	}
	switch {
	case errors.Is(err, errNoLogin):
		return nil, noLogin()
	case untrusted(err):
		return s.makeDo(seen, refused, err)
	case err != nil:
		return nil, err
	}
	changed := seen == nil || seen.AccessToken != l.AccessToken
	left := l.left(s.now())
	switch {
	case l.AccessToken == refused && refused == s.replacement && s.now().Sub(s.replacedAt) < finalWithin:
		return nil, unauthorized("the service refuses even a fresh token: run `restail login`, and see at restream.io whether the application may read chats")
	case l.AccessToken != refused && (left >= refreshBefore || changed && left > 0):
		return l, nil
	}
	return s.refresh(ctx, l, refused)
}

// refresh gets a new pair for l and stores it. It needs the lock.
func (s *stored) refresh(ctx context.Context, l *login, refused string) (*login, error) {
	if l.RefreshToken == "" {
		return nil, unauthorized("the stored access token is no longer good and no refresh token came with it: run `restail login`")
	}
	if err := checkIssuer(l, s.api.base); err != nil {
		return nil, err
	}
	next, err := s.store.prepare()
	if err != nil {
		return s.makeDo(l, refused, unwritable(err))
	}
	ctx, cancel := outlive(ctx, answerTime)
	defer cancel()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {l.RefreshToken}}
	pair, err := s.api.grant(ctx, l.application(), form)
	if err != nil {
		next.drop()
		return s.notGranted(l, err)
	}
	s.lost = false
	renewed := l.renewed(pair)
	renewed.Serial++
	if err := next.put(renewed); err != nil {
		s.unsaved = renewed
		s.warn("the new tokens could not be stored, and the old ones are dead: " + err.Error() + "; this process keeps them and tries again")
	}
	return renewed, nil
}

// checkIssuer refuses to send tokens to an API that did not issue them. Any
// loopback server may replace another: its port changes with every start.
func checkIssuer(l *login, base string) error {
	issuer := strings.TrimRight(l.APIURL, "/")
	if issuer == base {
		return nil
	}
	a, errA := url.Parse(issuer)
	b, errB := url.Parse(base)
	if errA == nil && errB == nil && endpoint.IsLoopback(a.Hostname()) && endpoint.IsLoopback(b.Hostname()) {
		return nil
	}
	return unauthorized("the stored login is for %s, not for %s: give --api-url=%s, or run `restail login`", issuer, base, issuer)
}

// outlive returns a context that ends that long after ctx.
func outlive(ctx context.Context, span time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(span)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// unwritable says that no tokens were asked for, since they could not be stored.
func unwritable(err error) *Error {
	text := "the access token cannot be refreshed, since nothing can be written beside the stored login: " + err.Error()
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return failed("%s", text)
	}
	return temporary("%s", text)
}

// makeDo returns the login that there is while it is valid, with a warning, when
// err prevents a refresh.
func (s *stored) makeDo(l *login, refused string, err error) (*login, error) {
	if l == nil || l.AccessToken == refused || l.left(s.now()) <= 0 {
		return nil, err
	}
	s.warn(err.Error())
	return l, nil
}

// notGranted decides what a refresh means that got no tokens.
func (s *stored) notGranted(l *login, err error) (*login, error) {
	no := (*refusal)(nil)
	if !errors.As(err, &no) {
		s.lost = true // the service may have granted it
		return nil, err
	}
	if !no.final() {
		return nil, &Error{text: "cannot refresh the access token: " + no.said, status: statusFailed, temporary: true, after: no.after}
	}
	if changed, err := s.store.read(); err == nil && changed.AccessToken != l.AccessToken {
		return changed, nil
	}
	why := ""
	if s.lost {
		why = ", perhaps since the answer to a refresh got lost"
	}
	return nil, unauthorized("the stored login is no longer good%s: log in again with `restail login` (%s)", why, no.said)
}

// save tries again to write a login that could not be written.
func (s *stored) save(l *login) *login {
	if next, err := s.store.prepare(); err == nil && next.put(l) == nil {
		s.unsaved = nil
	}
	return l
}
