//go:build !windows

package auth

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// TestTokenFileThatIsAPipe checks --token-file=<(command).
func TestTokenFileThatIsAPipe(t *testing.T) {
	t.Parallel()
	w := newFixture(t, serve.OAuthOptions{})
	pipe := func() string {
		path := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	w.TokenFile = pipe()
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan *os.File)
	go func() {
		end, _ := os.OpenFile(w.TokenFile, os.O_WRONLY, 0) // waits for a reader
		cancel()
		opened <- end
	}()
	if _, err := w.open(t).Token(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody writes: %v", err)
	}
	(<-opened).Close() // ends the abandoned read

	w.TokenFile = pipe()
	go os.WriteFile(w.TokenFile, []byte("a-token\n"), 0)
	s := w.open(t)
	for range 2 {
		if got := mustToken(t, s, ""); got != "a-token" {
			t.Errorf("got %q", got)
		}
	}
	_, err := s.Token(t.Context(), "a-token")
	wantError(t, err, statusUnauthorized, false, w.TokenFile, "refused")
}

// TestCommandIsInterrupted checks that a cancelled command can clean up, such as turn
// the terminal's echo on again.
func TestCommandIsInterrupted(t *testing.T) {
	t.Parallel()
	w := newCommandFixture(t, "interrupted")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := w.open(t).Token(ctx, "")
		done <- err
	}()
	for !strings.Contains(w.stderr(), "ready\n") {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || !strings.HasSuffix(w.stderr(), "ready\ninterrupted\n") {
		t.Errorf("%v; stderr is %q", err, w.stderr())
	}
}
