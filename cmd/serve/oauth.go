package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

// The paths of the OAuth endpoints, as on the service's API host.
const (
	LoginPath  = "/login"
	TokenPath  = "/oauth/token"
	RevokePath = "/oauth/revoke"
)

// OAuthOptions say which application an [OAuth] accepts, and which failures it
// simulates. The zero OAuthOptions accept any application, and the user allows
// everything.
type OAuthOptions struct {
	// ClientID and ClientSecret are those of the only application. An empty one
	// accepts any that is not empty.
	ClientID, ClientSecret string
	// RedirectURL is the only registered one; empty accepts any on loopback.
	RedirectURL string
	// Expiry is how long an access token is valid; 0 means the service's hour.
	Expiry time.Duration
	// Deny lets the user deny: the browser is redirected without parameters.
	Deny bool
	// Echo lets errors quote the request with its secrets, as careless servers do.
	Echo bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// OAuth is an OAuth server like the service's. It has authorization codes with PKCE,
// and refresh tokens that work once: a refresh makes both old tokens invalid. It is
// safe for concurrent use and keeps everything in memory.
type OAuth struct {
	options OAuthOptions
	mux     http.ServeMux

	mu        sync.Mutex
	codes     map[string]grant
	access    map[string]*Pair
	refresh   map[string]*Pair
	failures  []int
	refreshes int
}

// Pair has the tokens that a login or a refresh returns.
type Pair struct {
	Access, Refresh string
	Expires         time.Time // of the access token
}

// grant is the login for which a code was issued.
type grant struct {
	client, redirect, challenge string
	expires                     time.Time
}

const (
	accessLife = time.Hour
	codeLife   = 10 * time.Minute
)

// NewOAuth makes an OAuth server that knows no token yet.
func NewOAuth(o OAuthOptions) *OAuth {
	if o.Expiry == 0 {
		o.Expiry = accessLife
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &OAuth{
		options: o,
		codes:   make(map[string]grant),
		access:  make(map[string]*Pair),
		refresh: make(map[string]*Pair),
	}
	s.mux.HandleFunc("GET "+LoginPath, s.login)
	s.mux.HandleFunc("POST "+TokenPath, s.token)
	s.mux.HandleFunc("POST "+RevokePath, s.revoke)
	return s
}

// ServeHTTP serves [LoginPath], [TokenPath] and [RevokePath].
func (s *OAuth) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Issue issues a pair without a login.
func (s *OAuth) Issue() Pair {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.issue()
}

func (s *OAuth) issue() *Pair {
	p := &Pair{Access: rand.Text(), Refresh: rand.Text(), Expires: s.options.Now().Add(s.options.Expiry)}
	s.access[p.Access], s.refresh[p.Refresh] = p, p
	return p
}

// kill makes both tokens of a pair invalid. The caller has locked s.mu.
func (s *OAuth) kill(p *Pair) {
	delete(s.access, p.Access)
	delete(s.refresh, p.Refresh)
}

// Valid reports whether an access token is valid, for [Options.Accept].
func (s *OAuth) Valid(access string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.access[access]
	return p != nil && s.options.Now().Before(p.Expires)
}

// Refreshes returns how many refreshes have been granted.
func (s *OAuth) Refreshes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshes
}

// Fail makes the next requests for a token or a revocation fail, each with one of
// these statuses. A 429 has a Retry-After of one second.
func (s *OAuth) Fail(statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, statuses...)
}

// login redirects the browser at once, with a code unless the user denies.
func (s *OAuth) login(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || !s.registered(redirect) {
		s.refuse(w, r, http.StatusBadRequest, "invalid_redirect_uri", "the redirect URL is not registered")
		return
	}
	switch {
	case q.Get("response_type") != "code":
		s.refuse(w, r, http.StatusBadRequest, "unsupported_response_type", "the response type must be code")
		return
	case q.Get("client_id") == "" || !matches(s.options.ClientID, q.Get("client_id")):
		s.refuse(w, r, http.StatusBadRequest, "invalid_client", "no such application")
		return
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		s.refuse(w, r, http.StatusBadRequest, "invalid_request", "the challenge must be S256")
		return
	}
	if s.options.Deny {
		http.Redirect(w, r, redirect.String(), http.StatusFound)
		return
	}
	back := redirect.Query()
	back.Set("code", s.code(grant{client: q.Get("client_id"), redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge")}))
	if state := q.Get("state"); state != "" {
		back.Set("state", state)
	}
	redirect.RawQuery = back.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

// registered reports whether a redirect URL is registered.
func (s *OAuth) registered(redirect *url.URL) bool {
	if s.options.RedirectURL != "" {
		return redirect.String() == s.options.RedirectURL
	}
	return redirect.Scheme == "http" && endpoint.IsLoopback(redirect.Hostname())
}

// code issues a code and deletes expired ones.
func (s *OAuth) code(g grant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Now()
	for code, old := range s.codes {
		if now.After(old.expires) {
			delete(s.codes, code)
		}
	}
	g.expires = now.Add(codeLife)
	code := rand.Text()
	s.codes[code] = g
	return code
}

// take returns the grant of a code and deletes the code, which works once.
func (s *OAuth) take(code string) (grant, bool) {
	g, ok := s.codes[code]
	delete(s.codes, code)
	return g, ok && s.options.Now().Before(g.expires)
}

// verified checks the PKCE verifier against the challenge of the login.
func (g grant) verified(verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return g.challenge == "" && verifier == "" || equal(g.challenge, base64.RawURLEncoding.EncodeToString(sum[:]))
}

// matches reports whether got is equal to want, or just not empty if want is empty.
func matches(want, got string) bool { return got != "" && (want == "" || equal(want, got)) }

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// token answers with a new pair for a code or a refresh token.
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
		s.refuseGrant(w, r, "unsupported_grant_type")
		return
	}
	if pair == nil {
		s.refuseGrant(w, r, "invalid_grant")
		return
	}
	writeJSON(w, http.StatusOK, s.pairJSON(pair))
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
	writeJSON(w, http.StatusOK, struct{}{})
}

// admit checks the client credentials of a request and returns the client's id. When
// it refuses the request, it answers it and returns false.
func (s *OAuth) admit(w http.ResponseWriter, r *http.Request) (client string, ok bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, http.StatusBadRequest, "invalid_request", "the body is not a form")
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

// failure returns the status with which this request must fail; 0 for none.
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

// pairJSON returns the JSON of a pair: the fields of the standard, and their camelCase
// twins, as the service has them.
func (s *OAuth) pairJSON(p *Pair) map[string]any {
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

// refuseGrant answers with an error in the form of the standard, which the service uses
// in addition to its own.
func (s *OAuth) refuseGrant(w http.ResponseWriter, r *http.Request, name string) {
	body := map[string]string{"error": name}
	if s.options.Echo {
		body["error_description"] = echo(r)
	}
	writeJSON(w, http.StatusBadRequest, body)
}

// refuse answers with an error in the service's own form.
func (s *OAuth) refuse(w http.ResponseWriter, r *http.Request, status int, name, message string) {
	if s.options.Echo {
		message += ": " + echo(r)
	}
	refuse(w, status, name, message)
}

// echo quotes a request with its secrets.
func echo(r *http.Request) string {
	_, secret, _ := r.BasicAuth()
	return r.Header.Get("Authorization") + " " + secret + " " + r.URL.RawQuery + " " + r.PostForm.Encode()
}

// writeJSON answers with a body as JSON.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	to := json.NewEncoder(w)
	to.SetEscapeHTML(false)
	to.Encode(body)
}
