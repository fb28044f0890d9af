package serve

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// ask sends a request to the OAuth server as that client.
func ask(t *testing.T, s *OAuth, path, id, secret string, form url.Values) (int, http.Header, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Errorf("%s answered %q", path, w.Body)
	}
	return w.Code, w.Header(), body
}

// visit requests the login page with these parameters, as a browser does.
func visit(t *testing.T, s *OAuth, q url.Values) (int, *url.URL) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, LoginPath+"?"+q.Encode(), nil))
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, to
}

const (
	testRedirect = "http://127.0.0.1:8976/callback"
	testVerifier = "a-verifier-that-is-long-enough-for-the-standard"
)

func loginQuery() url.Values {
	sum := sha256.Sum256([]byte(testVerifier))
	return url.Values{
		"response_type": {"code"}, "client_id": {"id"}, "redirect_uri": {testRedirect}, "state": {"a state"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
}

func codeForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {testRedirect}, "code_verifier": {testVerifier}}
}

func TestOAuthLogin(t *testing.T) {
	t.Parallel()
	s := NewOAuth(OAuthOptions{ClientID: "id", ClientSecret: "secret +/", RedirectURL: testRedirect})
	status, to := visit(t, s, loginQuery())
	code := to.Query().Get("code")
	if status != http.StatusFound || to.Query().Get("state") != "a state" || code == "" || to.Host != "127.0.0.1:8976" {
		t.Fatalf("%d, %v", status, to)
	}
	status, _, body := ask(t, s, TokenPath, "id", "secret +/", codeForm(code))
	access, _ := body["access_token"].(string)
	if status != http.StatusOK || !s.Valid(access) || body["expires_in"] != 3600.0 || body["token_type"] != "Bearer" || body["scope"] != "chat.read" {
		t.Errorf("%d, %v", status, body)
	}
	for snake, camel := range map[string]string{"access_token": "accessToken", "refresh_token": "refreshToken", "expires_in": "accessTokenExpiresIn", "expires": "accessTokenExpiresEpoch"} {
		if body[snake] == nil || body[snake] != body[camel] {
			t.Errorf("%s is %v, %s is %v", snake, body[snake], camel, body[camel])
		}
	}
	if status, _, body = ask(t, s, TokenPath, "id", "secret +/", codeForm(code)); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("a code works twice: %d, %v", status, body)
	}
}

// having sets a parameter and returns the form.
func having(form url.Values, key, value string) url.Values {
	form.Set(key, value)
	return form
}

func TestOAuthRefusesLogins(t *testing.T) {
	t.Parallel()
	s := NewOAuth(OAuthOptions{ClientID: "id"})
	for what, q := range map[string]url.Values{
		"a redirect elsewhere":  having(loginQuery(), "redirect_uri", "http://192.168.0.1/"),
		"a redirect by name":    having(loginQuery(), "redirect_uri", "http://localhost.example/"),
		"no redirect":           having(loginQuery(), "redirect_uri", ""),
		"another response type": having(loginQuery(), "response_type", "token"),
		"another client":        having(loginQuery(), "client_id", "other"),
		"a plain challenge":     having(loginQuery(), "code_challenge_method", "plain"),
	} {
		if status, to := visit(t, s, q); status != http.StatusBadRequest || to.String() != "" {
			t.Errorf("%s: %d, %v", what, status, to)
		}
	}
	s = NewOAuth(OAuthOptions{RedirectURL: "http://127.0.0.1:1/"})
	if status, _ := visit(t, s, loginQuery()); status != http.StatusBadRequest {
		t.Errorf("a redirect that is not registered: %d", status)
	}
	s = NewOAuth(OAuthOptions{Deny: true})
	if status, to := visit(t, s, loginQuery()); status != http.StatusFound || to.String() != testRedirect {
		t.Errorf("a denial goes to %d, %v", status, to)
	}
}

func TestOAuthRefusesCodes(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := NewOAuth(OAuthOptions{Now: func() time.Time { return now }})
	code := func() string {
		_, to := visit(t, s, loginQuery())
		return to.Query().Get("code")
	}
	wrong := func(what, id string, form url.Values) {
		t.Helper()
		if status, _, body := ask(t, s, TokenPath, id, "secret", form); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
			t.Errorf("%s: %d, %v", what, status, body)
		}
	}
	wrong("no such code", "id", codeForm("x"))
	wrong("another verifier", "id", having(codeForm(code()), "code_verifier", "x"))
	wrong("no verifier", "id", having(codeForm(code()), "code_verifier", ""))
	wrong("another redirect", "id", having(codeForm(code()), "redirect_uri", "http://127.0.0.1:1/"))
	wrong("another client", "other", codeForm(code()))
	old := code()
	now = now.Add(codeLife)
	wrong("an old code", "id", codeForm(old))
	code()
	now = now.Add(2 * codeLife)
	code()
	if len(s.codes) != 1 {
		t.Errorf("%d codes are remembered", len(s.codes))
	}
	if status, _, body := ask(t, s, TokenPath, "id", "secret", url.Values{"grant_type": {"password"}}); status != http.StatusBadRequest || body["error"] != "unsupported_grant_type" {
		t.Errorf("another grant: %d, %v", status, body)
	}
}

// TestOAuthRotates checks that a refresh makes both old tokens invalid.
func TestOAuthRotates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := NewOAuth(OAuthOptions{Expiry: time.Minute, Now: func() time.Time { return now }})
	old := s.Issue()
	if !s.Valid(old.Access) || s.Valid(old.Refresh) || s.Valid("") {
		t.Error("an issued pair is not what it should be")
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}}
	status, _, body := ask(t, s, TokenPath, "id", "secret", form)
	access, _ := body["access_token"].(string)
	if status != http.StatusOK || !s.Valid(access) || s.Valid(old.Access) || body["expires_in"] != 60.0 || s.Refreshes() != 1 {
		t.Errorf("%d, %v, %d refreshes", status, body, s.Refreshes())
	}
	if status, _, body := ask(t, s, TokenPath, "id", "secret", form); status != http.StatusBadRequest || body["error"] != "invalid_grant" || s.Refreshes() != 1 {
		t.Errorf("a refresh token works twice: %d, %v", status, body)
	}
	now = now.Add(time.Minute)
	if s.Valid(access) {
		t.Error("the access token does not expire")
	}
}

func TestOAuthRevokes(t *testing.T) {
	t.Parallel()
	s := NewOAuth(OAuthOptions{})
	a, b := s.Issue(), s.Issue()
	for _, token := range []string{a.Access, b.Refresh, "unknown"} {
		if status, _, _ := ask(t, s, RevokePath, "id", "secret", url.Values{"token": {token}}); status != http.StatusOK {
			t.Errorf("revoking: %d", status)
		}
	}
	if s.Valid(a.Access) || s.Valid(b.Access) {
		t.Error("a revoked token is valid")
	}
	refresh := func(p Pair) int {
		status, _, _ := ask(t, s, TokenPath, "id", "secret", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}})
		return status
	}
	if got := refresh(a); got != http.StatusOK {
		t.Errorf("revoking the access token took the refresh token with it: %d", got)
	}
	if got := refresh(b); got != http.StatusBadRequest {
		t.Errorf("a revoked refresh token: %d", got)
	}
}

func TestOAuthKnowsItsClients(t *testing.T) {
	t.Parallel()
	s := NewOAuth(OAuthOptions{ClientID: "id", ClientSecret: "secret", Echo: true})
	for _, client := range [][2]string{{"", ""}, {"id", "other"}, {"other", "secret"}, {"id", ""}} {
		for _, path := range []string{TokenPath, RevokePath} {
			status, _, body := ask(t, s, path, client[0], client[1], url.Values{"token": {"echo-me"}})
			detail, _ := body["error"].(map[string]any)
			if status != http.StatusUnauthorized || detail["name"] != "invalid_client" || detail["statusCode"] != 401.0 || !strings.Contains(detail["message"].(string), "echo-me") {
				t.Errorf("%v at %s: %d, %v", client, path, status, body)
			}
		}
	}
	_, _, body := ask(t, s, TokenPath, "id", "secret", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"echo-me"}})
	if text, _ := body["error_description"].(string); !strings.Contains(text, "echo-me") {
		t.Errorf("it does not echo: %v", body)
	}
	large := url.Values{"grant_type": {strings.Repeat("x", 100<<10)}}
	if status, _, _ := ask(t, s, TokenPath, "id", "secret", large); status != http.StatusBadRequest {
		t.Errorf("a large body: %d", status)
	}
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, TokenPath, nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestOAuthFails(t *testing.T) {
	t.Parallel()
	s := NewOAuth(OAuthOptions{})
	pair := s.Issue()
	s.Fail(503, 429)
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {pair.Refresh}}
	for _, want := range []int{503, 429, 200} {
		status, header, _ := ask(t, s, TokenPath, "id", "secret", form)
		if status != want || (want == 429) != (header.Get("Retry-After") == "1") {
			t.Errorf("got %d, want %d", status, want)
		}
	}
}
