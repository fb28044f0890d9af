package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

// Where the OAuth endpoints are, as on the service's API host.
const (
	LoginPath  = "/login"
	TokenPath  = "/oauth/token"
	RevokePath = "/oauth/revoke"
)

// OAuthOptions say which application an [OAuth] accepts and how it misbehaves.
// With the zero OAuthOptions it accepts any, and the user allows everything.
type OAuthOptions struct {
	// ClientID and ClientSecret are those of the only application; empty accepts
	// any that is not empty.
	ClientID, ClientSecret string
	// RedirectURL is the only one registered; empty accepts any on loopback.
	RedirectURL string
	// Expiry is how long an access token is valid; 0 means the service's hour.
	Expiry time.Duration
	// Deny makes the user deny: the browser is sent back without parameters.
	Deny bool
	// Echo makes error answers repeat the request, its secrets too, as careless
	// servers and proxies do.
	Echo bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// OAuth is an OAuth server like the service's: authorization codes with PKCE, and
// refresh tokens that work once. A refresh makes both old tokens invalid at once.
// It is safe for concurrent use and keeps everything in memory.
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

// Pair is what a login or a refresh returns.
type Pair struct {
	Access, Refresh string
	Expires         time.Time // of the access token
}

// grant is what a code stands for until it is exchanged.
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

// Issue makes a pair without a login.
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

// kill makes both tokens of a pair invalid.
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

// Fail makes the next requests for a token or a revocation fail, each with one
// of these statuses. 429 comes with a Retry-After of one second.
func (s *OAuth) Fail(statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, statuses...)
}

// login sends the browser back at once, with a code, or without when the options
// say that the user denies.
func (s *OAuth) login(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || !s.registered(redirect) {
		s.refuse(w, r, http.StatusBadRequest, "invalid_redirect_uri", "the redirect URL is not registered")
		return
	}
	switch {
	case q.Get("response_type") != "code":
		s.refuse(w, r, http.StatusBadRequest, "unsupported_response_type", "the response type has to be code")
		return
	case q.Get("client_id") == "" || !matches(s.options.ClientID, q.Get("client_id")):
		s.refuse(w, r, http.StatusBadRequest, "invalid_client", "no such application")
		return
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		s.refuse(w, r, http.StatusBadRequest, "invalid_request", "the challenge has to be S256")
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

// code makes a new code and deletes those that have expired.
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

// take returns the grant of a code. A code works once.
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

// matches reports whether got is want, or anything but empty if want is empty.
func matches(want, got string) bool { return got != "" && (want == "" || equal(want, got)) }

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
