package auth

import (
	"context"
	"errors"
	"fmt"
)

// Logout revokes the stored tokens and deletes them. It reports on Stderr. When
// revoking fails, it deletes them all the same, and the error says so. The error
// is an [*Error], or the context's when nothing was done.
func Logout(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return err
	}
	path, err := o.storePath()
	if err != nil {
		return err
	}
	s := store{path: path, warn: o.Warn}
	if !s.exists() {
		fmt.Fprintln(o.Stderr, "Not logged in.")
		return nil
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	l, _, err := s.recover()
	if untrusted(err) {
		return err
	}
	if err != nil {
		if err := s.removed(); err != nil {
			return err
		}
		return failed("the stored login was damaged: it is deleted here, but could not be revoked")
	}
	a := newAPI(&o)
	if err := checkIssuer(l, a.base); err != nil {
		return err
	}
	revokeErr := revokeAll(ctx, a, l)
	if err := s.removed(); err != nil {
		return err
	}
	if revokeErr != nil {
		return failed("the tokens are deleted here, but could not be revoked (%v): they work until they expire; the application's access can be taken away in Restream's settings", revokeErr)
	}
	fmt.Fprintf(o.Stderr, "Logged out. The tokens are revoked and deleted from %s.\n", path)
	return nil
}

func (s *store) removed() error {
	if err := s.remove(); err != nil {
		return failed("cannot delete the stored login: %v", err)
	}
	return nil
}

// revokeAll revokes both tokens; the refresh token first, since it is valid for
// longer. A token that is already invalid is not an error.
func revokeAll(ctx context.Context, a *api, l *login) (failure error) {
	a.secrets.Add(l.AccessToken, l.RefreshToken)
	for _, token := range []struct{ text, hint string }{{l.RefreshToken, "refresh_token"}, {l.AccessToken, "access_token"}} {
		if token.text == "" {
			continue
		}
		err := a.revoke(ctx, l.application(), token.text, token.hint)
		no := (*refusal)(nil)
		if err != nil && !errors.As(err, &no) {
			return err
		}
		if err != nil && no.name != "invalid_token" && no.name != "invalid_grant" {
			failure = err
		}
	}
	return failure
}
