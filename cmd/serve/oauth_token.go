package serve

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// token exchanges a code or a refresh token for a new pair.
func (s *OAuth) token(w http.ResponseWriter, r *http.Request) {
	client, ok := s.admit(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var pair *Pair
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		g, ok := s.take(r.PostFormValue("code"))
		if ok && g.client == client && g.redirect == r.PostFormValue("redirect_uri") && g.verified(r.PostFormValue("code_verifier")) {
			pair = s.issue()
		}
	case "refresh_token":
		if old := s.refresh[r.PostFormValue("refresh_token")]; old != nil {
			s.kill(old)
			s.refreshes++
			pair = s.issue()
		}
	default:
		s.deny(w, r, "unsupported_grant_type")
		return
	}
	if pair == nil {
		s.deny(w, r, "invalid_grant")
		return
	}
	answer(w, http.StatusOK, s.answered(pair))
}

// revoke makes a token invalid, and with a refresh token its access token. An
// unknown token is not an error (RFC 7009).
func (s *OAuth) revoke(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.admit(w, r); !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := r.PostFormValue("token")
	delete(s.access, token)
	if p := s.refresh[token]; p != nil {
		s.kill(p)
	}
	answer(w, http.StatusOK, struct{}{})
}

// admit checks the client credentials of a request and returns the client's id.
// It answers the requests that it refuses.
func (s *OAuth) admit(w http.ResponseWriter, r *http.Request) (client string, ok bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, http.StatusBadRequest, "invalid_request", "the body is no form")
		return "", false
	}
	if status := s.failure(); status != 0 {
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		s.refuse(w, r, status, "unavailable", "try again later")
		return "", false
	}
	// The credentials are form-encoded before Basic encodes them (RFC 6749, 2.3.1).
	id, secret, basic := r.BasicAuth()
	client, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	if !basic || errID != nil || errSecret != nil || !matches(s.options.ClientID, client) || !matches(s.options.ClientSecret, secret) {
		s.refuse(w, r, http.StatusUnauthorized, "invalid_client", "the client id or secret is wrong")
		return "", false
	}
	return client, true
}

// failure returns the status with which this request has to fail, 0 for none.
func (s *OAuth) failure() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) == 0 {
		return 0
	}
	status := s.failures[0]
	s.failures = s.failures[1:]
	return status
}

// answered returns an answer like the service's: the fields of the standard, and
// their camelCase twins.
func (s *OAuth) answered(p *Pair) map[string]any {
	const scope, kind = "chat.read", "Bearer"
	seconds := int64(s.options.Expiry / time.Second)
	return map[string]any{
		"access_token":            p.Access,
		"refresh_token":           p.Refresh,
		"expires_in":              seconds,
		"expires":                 p.Expires.Unix(),
		"token_type":              kind,
		"scope":                   scope,
		"accessToken":             p.Access,
		"refreshToken":            p.Refresh,
		"accessTokenExpiresIn":    seconds,
		"accessTokenExpiresEpoch": p.Expires.Unix(),
		"accessTokenExpiresAt":    p.Expires.UTC().Format(time.RFC3339),
		"tokenType":               kind,
		"scopes":                  []string{scope},
	}
}

// deny answers with an error in the standard's form, which the service uses
// beside its own.
func (s *OAuth) deny(w http.ResponseWriter, r *http.Request, name string) {
	body := map[string]string{"error": name}
	if s.options.Echo {
		body["error_description"] = echo(r)
	}
	answer(w, http.StatusBadRequest, body)
}

// refuse answers with an error in the service's own form.
func (s *OAuth) refuse(w http.ResponseWriter, r *http.Request, status int, name, message string) {
	if s.options.Echo {
		message += ": " + echo(r)
	}
	refuse(w, status, name, message)
}

// echo returns a request with its secrets, as a careless server would.
func echo(r *http.Request) string {
	_, secret, _ := r.BasicAuth()
	return r.Header.Get("Authorization") + " " + secret + " " + r.URL.RawQuery + " " + r.PostForm.Encode()
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	to := json.NewEncoder(w)
	to.SetEscapeHTML(false)
	to.Encode(body)
}
