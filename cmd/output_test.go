package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// writes records each Write.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

// Every write to a pipe ends with a whole line, and is small enough to be taken whole, or
// waits for space.
func TestWriteSizes(t *testing.T) {
	long := strings.Repeat("x", 9) + "\n"
	for _, test := range []struct {
		atomic int
		free   int
		lines  string
		want   []string
	}{
		{0, 0, "a\nb\n" + long, []string{"a\nb\n" + long}},
		{8, 0, "a\nb\nc\n", []string{"a\nb\nc\n"}},
		{8, 0, "aaa\nbbb\nccc\n", []string{"aaa\nbbb\n", "ccc\n"}},
		{8, 0, "aaa\n" + long + "b\n", []string{"aaa\n", "wait for 10", long, "b\n"}},
		{8, 0, long + long, []string{"wait for 10", long, "wait for 10", long}},
		{8, 99, long + long, []string{long + long}},
		{8, 15, long + "a\nb\nc\nd\n", []string{long + "a\nb\n", "c\nd\n"}},
	} {
		var got writes
		o := output{
			w: &got, atomicSize: test.atomic, lines: []byte(test.lines),
			space:     func() int { return test.free },
			waitSpace: func(size int) { got = append(got, fmt.Sprint("wait for ", size)) },
		}
		if err := o.flush(); err != nil || strings.Join(got, "|") != strings.Join(test.want, "|") {
			t.Errorf("%q in pieces of %d: %q, %v", test.lines, test.atomic, got, err)
		}
	}
}

// A partial line is removed after a full disk, unless another process appended to the
// file.
func TestPartialLineIsRemoved(t *testing.T) {
	for _, test := range []struct{ behind, want string }{
		{"", "before\nwhole\n"},
		{"theirs\n", "before\nwhole\npartheirs\n"},
	} {
		name := filepath.Join(t.TempDir(), "out")
		file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString("before\nwhole\npar"); err != nil {
			t.Fatal(err)
		}
		if test.behind != "" {
			other, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = other.WriteString(test.behind)
			if err := errors.Join(err, other.Close()); err != nil {
				t.Fatal(err)
			}
		}
		truncatePartialLine(file, []byte("whole\npar"))
		if got, err := os.ReadFile(name); err != nil || string(got) != test.want {
			t.Errorf("the file holds %q, want %q (%v)", got, test.want, err)
		}
	}
}

// A real pipe takes as much as pipeSpace says, without blocking.
func TestPipeSpace(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	w.SetWriteDeadline(time.Now().Add(10 * time.Second)) // so that a wrong answer does not block
	for taken := 0; ; {
		space := pipeSpace(w)
		if space <= 0 {
			if runtime.GOOS == "linux" && taken == 0 {
				t.Error("an empty pipe has no space")
			}
			return
		}
		taken++
		if _, err := w.Write(make([]byte, min(space, 5000))); err != nil {
			t.Fatal(err)
		}
	}
}

// A command ends with status 0 when the reader of stdout has gone away, and reports an
// error when the disk is full.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"--help", "--version", "tail --help", "fields", "fields --json-schema", "man",
		"completion bash", "completion zsh", "completion fish", "token", "replay -q testdata/whole.raw",
	} {
		environ := []string{"RESTREAM_ACCESS_TOKEN=T0k3n"}
		var stderr strings.Builder
		if status := Run(t.Context(), strings.Fields(line), Env{Stdout: w, Stderr: &stderr, Environ: environ}); status != statusDone || stderr.Len() > 0 {
			t.Errorf("restail %s to a reader that is gone: status %d, %s", line, status, stderr.String())
		}
		status := Run(t.Context(), strings.Fields(line), Env{Stdout: failing{}, Stderr: &stderr, Environ: environ})
		if status != statusFailed || stderr.String() != "restail: cannot write to stdout: no space left on device\n" {
			t.Errorf("restail %s to a full disk: status %d, %s", line, status, stderr.String())
		}
	}
}
