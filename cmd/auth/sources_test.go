package auth

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// TestOrderOfSources removes one source after the other.
func TestOrderOfSources(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	stored := w.storeLogin(t, time.Hour).AccessToken
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.TokenFile, w.TokenCommand = path, testCommand("print from-command")
	environ := append(w.Environ, childEnviron("command")...)
	w.Environ = append(environ, accessTokenVariable+"= from-variable\t")
	want := func(token string) {
		t.Helper()
		if got := mustToken(t, w.open(t), ""); got != token {
			t.Errorf("got %q, want %q", got, token)
		}
	}
	want("from-file")
	w.TokenFile = "-"
	w.Stdin = strings.NewReader("from-stdin\n")
	want("from-stdin")
	w.TokenFile = ""
	want("from-variable")
	w.Environ = append(environ, accessTokenVariable+"=")
	want("from-command")
	w.TokenCommand = ""
	want(stored)
	if w.requests() != 0 {
		t.Error("the API was asked")
	}
}

func TestTokenInEnvironment(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.Environ = append(w.Environ, accessTokenVariable+"=a-token")
	s := w.open(t)
	mustToken(t, s, "")
	_, err := s.Token(t.Context(), "a-token")
	wantError(t, err, statusUnauthorized, false, accessTokenVariable, "refused", "restail login")
	if got := mustToken(t, s, "another"); got != "a-token" {
		t.Errorf("got %q", got)
	}
	for _, value := range []string{" ", "two words", "tab\there", "line\nend", "no\u00a0break", "null\x00byte", "\xff\xfe"} {
		w.Environ = append(w.Environ, accessTokenVariable+"="+value)
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusUnauthorized, false, accessTokenVariable)
	}
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	w.TokenFile = filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(w.TokenFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("\ufeff first \r\n")
	s := w.open(t)
	if got := mustToken(t, s, ""); got != "first" {
		t.Errorf("got %q", got)
	}
	_, err := s.Token(t.Context(), "first")
	wantError(t, err, statusUnauthorized, false, w.TokenFile, "refused")
	write("second")
	if got := mustToken(t, s, "first"); got != "second" {
		t.Errorf("the changed file gives %q", got)
	}
	write("third")
	if got := mustToken(t, s, ""); got != "third" {
		t.Errorf("the changed file gives %q", got)
	}
	for _, broken := range []string{"", "half a token"} {
		write(broken)
		if got := mustToken(t, s, ""); got != "third" {
			t.Errorf("while the file holds %q it gives %q", broken, got)
		}
		_, err = s.Token(t.Context(), "third")
		wantError(t, err, statusUnauthorized, false, w.TokenFile)
		_, err = w.open(t).Token(t.Context(), "")
		wantError(t, err, statusUnauthorized, false, w.TokenFile)
	}
	os.Remove(w.TokenFile)
	if got := mustToken(t, s, ""); got != "third" {
		t.Errorf("while the file is gone it gives %q", got)
	}
	_, err = Open(w.Options)
	wantError(t, err, statusUsage, false, "cannot read the token file "+w.TokenFile+": "+syscall.ENOENT.Error())
	w.TokenFile = t.TempDir()
	_, err = Open(w.Options)
	wantError(t, err, statusUsage, false, "token file", w.TokenFile)
}

func TestLongestTokenFile(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	longest := strings.Repeat("x", tokenLimit)
	w.TokenFile = tokenFile(t, longest)
	if got := mustToken(t, w.open(t), ""); got != longest {
		t.Errorf("got %d bytes", len(got))
	}
	w.TokenFile = tokenFile(t, longest+"x")
	_, err := w.open(t).Token(t.Context(), "")
	wantError(t, err, statusUnauthorized, false, w.TokenFile, "more than 64 KiB")
}

func TestTokenOnStdin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, want string
		rest       string
	}{
		{"a-token\nnext line", "a-token", "next line"},
		{"\n \n\ta-token \r\nx", "a-token", "x"},
		{"a-token", "a-token", ""},
		{"two words\n", "", ""},
		{"", "", ""},
		{"\n\n", "", ""},
		{strings.Repeat("x", tokenLimit+2), "", "x"},
	}
	for _, tt := range tests {
		w := newFixture(t, serve.OAuthOptions{})
		reader := strings.NewReader(tt.text)
		w.TokenFile, w.Stdin = "-", reader
		s := w.open(t)
		if tt.want == "" {
			_, err := s.Token(t.Context(), "")
			wantError(t, err, statusUnauthorized, false, "stdin")
			continue
		}
		if got := mustToken(t, s, ""); got != tt.want {
			t.Errorf("%q gives %q", tt.text, got)
		}
		if got := mustToken(t, s, "another"); got != tt.want {
			t.Errorf("%q gives %q the second time", tt.text, got)
		}
		_, err := s.Token(t.Context(), tt.want)
		wantError(t, err, statusUnauthorized, false, "stdin", "refused")
		if rest, _ := io.ReadAll(reader); string(rest) != tt.rest {
			t.Errorf("of %q is left %q, want %q", tt.text, rest, tt.rest)
		}
	}
	w := newFixture(t, serve.OAuthOptions{})
	w.TokenFile, w.Stdin = "-", iotest.DataErrReader(strings.NewReader("a-token"))
	if got := mustToken(t, w.open(t), ""); got != "a-token" {
		t.Errorf("with an end that comes with the last byte: %q", got)
	}
	w.TokenFile, w.Stdin = "-", iotest.ErrReader(errors.New("a bad disk"))
	_, err := w.open(t).Token(t.Context(), "")
	wantError(t, err, statusUsage, false, "stdin", "a bad disk")

	r, pipe := io.Pipe()
	defer pipe.Close()
	w.Stdin = r
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := w.open(t).Token(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("a silent stdin: %v", err)
	}
}

func TestCheckAPI(t *testing.T) {
	t.Parallel()
	for _, api := range []string{"https://api.restream.io", "http://127.0.0.1:1", "http://localhost", "http://[::1]:80/"} {
		if _, err := CheckAPI(api); err != nil {
			t.Errorf("%s: %v", api, err)
		}
	}
	for _, api := range []string{"", "api.restream.io", "http://api.restream.io", "http://localhost.example", "ftp://127.0.0.1", "https://me:hunter2@h", "https://h?q", "https://h#f", "://", "\x00"} {
		if _, err := CheckAPI(api); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", api, err)
		}
	}
}
