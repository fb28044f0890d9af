package auth_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/auth/redact"
)

// refuser refuses every refresh, with what it was sent.
type refuser struct{}

func (refuser) RoundTrip(q *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: q.Body, Request: q}, nil
}

// FuzzStore: any file in the place of the store gives the token that it holds, or an
// error that tells no secret. The file stays as it is.
func FuzzStore(f *testing.F) {
	f.Add([]byte(`{"serial":1,"api_url":"http://127.0.0.1:1","client_id":"id","client_secret":"MARKED","access_token":"MARKED-a","refresh_token":"MARKED-r","expires_at":"2025-02-21T15:37:53Z"}`))
	f.Add([]byte(`{"serial":1,"api_url":"http://127.0.0.1:1","client_id":"id","client_secret":"s","access_token":"a","refresh_token":"r","expires_at":"2999-02-21T15:37:53Z"}`))
	f.Add([]byte(`{"serial":1,"api_url":"https://example.com/MARKED","access_token":"a","refresh_token":"r"}`))
	f.Add([]byte(`{"serial":-1,"access_token":7}`))
	f.Add([]byte("{\"access_token\":\"a\u001b[31m\",\"expires_at\":\"2999-02-21T15:37:53Z\"}"))
	f.Add([]byte("null"))
	f.Add([]byte(""))
	f.Add([]byte("MARKED"))
	f.Fuzz(func(t *testing.T, text []byte) {
		home := t.TempDir()
		path := filepath.Join(home, "restail", "token.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		source, err := auth.Open(auth.Options{
			APIURL: "http://127.0.0.1:1", Environ: []string{"XDG_STATE_HOME=" + home}, HTTP: &http.Client{Transport: refuser{}},
			Warn: func(string) {}, Secrets: new(redact.Secrets), Now: time.Now,
		})
		token := ""
		if err == nil {
			token, err = source.Token(ctx, "")
		}
		if err == nil {
			if token == "" || strings.ContainsAny(token, " \t\r\n") {
				t.Errorf("%q holds the token %q", text, token)
			}
			return
		}
		if ctx.Err() != nil {
			t.Errorf("%q: no end", text)
		}
		if strings.Contains(err.Error(), "MARKED-") {
			t.Errorf("%q: an error tells a secret: %v", text, err)
		}
		if after, _ := os.ReadFile(path); string(after) != string(text) {
			t.Errorf("%q became %q", text, after)
		}
	})
}
