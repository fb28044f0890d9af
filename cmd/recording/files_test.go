package recording

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestNothingRecorded leaves a file as it was when nothing is recorded.
func TestNothingRecorded(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		w, err := Open(Options{Layout: path})
		if err != nil {
			t.Fatal(err)
		}
		send(w, event)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if w, err = Open(Options{Layout: path}); err != nil {
				t.Fatal(err)
			}
			w.Reopen()
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
			t.Errorf("%d bytes became %d: %v", len(before), len(after), err)
		}
	})
}

// TestMode checks that a recording has the permissions of any new file.
func TestMode(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		usual, err := os.Create(filepath.Join(t.TempDir(), "usual"))
		if err != nil {
			t.Fatal(err)
		}
		defer usual.Close()
		w, err := Open(Options{Layout: path})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		want, err := usual.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.Stat(path); err != nil || got.Mode() != want.Mode() {
			t.Errorf("%v, want %v: %v", got.Mode(), want.Mode(), err)
		}
	})
}
