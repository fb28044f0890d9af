package cmd

import (
	"io"
	"os"
	"testing"
)

// TestAwaitFree waits for a slow reader, but for nothing that cannot come.
func TestAwaitFree(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	waitPipeSpace(w, 64<<10, func() {})  // it is empty
	waitPipeSpace(w, 100<<20, func() {}) // it is never so large
	if _, err := w.Write(make([]byte, 60_000)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		var err error
		for left := 60_000; left > 0 && err == nil; left -= 1000 {
			_, err = io.ReadFull(r, make([]byte, 1000))
		}
		read <- err
	}()
	waitPipeSpace(w, 25_000, func() {})
	if room := pipeSpace(w); room < 25_000 {
		t.Errorf("there is room for %d only", room)
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 60_000)); err != nil {
		t.Fatal(err)
	}
	go r.Close()
	waitPipeSpace(w, 25_000, func() {})
}
