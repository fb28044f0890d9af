//go:build unix

package cmd

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNamedPipe waits for whoever writes to a named pipe, but not beyond the end
// of the run.
func TestNamedPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "show")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := restail(t, "", "replay", name, "-t", "10ms"); got.status != statusDone || got.stdout != "" {
		t.Errorf("nobody writes: status %d, %s%s", got.status, got.stdout, got.stderr)
	}
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	if status := Run(t.Context(), []string{"serve", name}, Env{Stdout: io.Discard, Stderr: io.Discard, Signals: signals}); status != 143 {
		t.Errorf("SIGTERM ends serve with %d", status)
	}
	// The reads that were left behind may end: those that wait, and those to come.
	pipe, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// TestNamedPipeIsRead reads it to its end.
func TestNamedPipeIsRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "show")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	show, err := os.ReadFile("testdata/mixed.raw")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if pipe, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
			pipe.Write(show)
			pipe.Close()
		}
	}()
	got := restail(t, "", "replay", name)
	if want := restail(t, "", "replay", "testdata/mixed.raw"); got != want || got.stdout == "" {
		t.Errorf("from a named pipe: %+v", got)
	}
}

// TestTheSignalCameFirst ends with its status, though the reader left before the
// run was over.
func TestTheSignalCameFirst(t *testing.T) {
	signals := make(chan os.Signal)
	stuck := &stuckWriter{entered: make(chan struct{}), free: make(chan struct{}), err: syscall.EPIPE}
	go func() {
		<-stuck.entered
		signals <- syscall.SIGINT
		signals <- syscall.SIGUSR1 // the one before has been obeyed then
		close(stuck.free)
	}()
	status := Run(t.Context(), []string{"replay", "-q", "testdata/mixed.raw"}, Env{Stdout: stuck, Stderr: io.Discard, Signals: signals})
	if status != 130 {
		t.Errorf("status %d", status)
	}
}
