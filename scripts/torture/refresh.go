//go:build linux && amd64

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// tokens is a token endpoint. A refresh makes both old tokens invalid.
type tokens struct {
	mu   sync.Mutex
	pair int // the number of the valid pair
}

func (s *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.FormValue("refresh_token") != fmt.Sprint("S3cret-refresh-", s.pair) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	s.pair++
	fmt.Fprintf(w, `{"access_token":"S3cret-access-%d","refresh_token":"S3cret-refresh-%[1]d","expires_in":3600,"token_type":"Bearer"}`, s.pair)
}

// valid returns the valid access token, as restail token prints it.
func (s *tokens) valid() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("S3cret-access-%d\n", s.pair)
}

// refresh runs restail token when the stored token has expired.
func (t *trial) refresh() error {
	service := &tokens{}
	server := httptest.NewServer(service)
	defer server.Close()
	path := t.file(".local/state/restail/token.json")
	store := fmt.Sprintf(`{"serial":1,"api_url":%q,"client_id":"id","client_secret":"S3cret","access_token":"S3cret-access-0","refresh_token":"S3cret-refresh-0","expires_at":"2020-01-01T00:00:00Z"}`, server.URL)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(store), 0o600); err != nil {
		return err
	}
	environ := []string{"RESTAIL_API_URL=" + server.URL}
	if err := t.restail(environ, "token"); err != nil {
		return err
	}
	if valid := service.valid(); t.result.stdout != valid && (t.result.stdout != "" || t.result.status == 0) {
		t.fail("status %d, stdout has %q, and %q is valid", t.result.status, t.result.stdout, valid)
	}
	text, err := os.ReadFile(path)
	if err != nil || !json.Valid(text) {
		t.fail("the token store is not JSON: %q, %v", text, err)
	}
	// After status 0 the next run must get the token, too, unless this one has reported that
	// it could not store it.
	reported := t.result.stderr
	next, err := t.again(environ, "token")
	if err == nil && next.stdout != service.valid() && t.result.status == 0 && !strings.Contains(reported, "could not be stored") {
		t.fail("the next run ends with status %d: %s", next.status, next.stderr)
	}
	return err
}
