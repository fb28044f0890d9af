package cmd

import (
	"io"
	"os"
	"testing"
)

// waitPipeSpace waits for a slow reader. It does not wait for space that never comes.
func TestWaitPipeSpace(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	waitPipeSpace(w, 64<<10, func() {})  // the pipe is empty
	waitPipeSpace(w, 100<<20, func() {}) // the pipe cannot become so large
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
	if space := pipeSpace(w); space < 25_000 {
		t.Errorf("there is space for %d bytes only", space)
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
