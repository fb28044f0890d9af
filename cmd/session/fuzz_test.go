package session

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// A recording gives the same items wherever its reads end.
func FuzzRecording(f *testing.F) {
	f.Add([]byte("{\"action\":\"a\"}\n[]\r\n\n \n{\"action\":\"b\"}"), 7, 3)
	f.Add([]byte(strings.Repeat("x", 300)+"\n{}"), 100, 50)
	f.Add([]byte("\x00\x00{\"action\":\"a\"}\n\xef\xbb\xbf{\"action\":\"b\"}\n"), 122, 3)
	f.Add([]byte(`{"restail":"link","status":"lost"}`+"\n"+`{"time":"2026-01-02T03:04:05Z","action":"event"}`+"\n"+`{"restail":"history","message":{}}`), 122, 3)
	f.Fuzz(func(t *testing.T, data []byte, limit, step int) {
		if limit < 1 || step < 1 {
			return
		}
		whole := replayed(t, ReplayOptions{Files: file(bytes.NewReader(data)), MaxFrame: limit})
		stepped := replayed(t, ReplayOptions{Files: file(&stepReader{data, step}), MaxFrame: limit})
		if !slices.Equal(stepped.lines, whole.lines) || !slices.Equal(stepped.frames, whole.frames) || fmt.Sprint(stepped.err) != fmt.Sprint(whole.err) {
			t.Errorf("in steps of %d: %q and %v, want %q and %v", step, stepped.lines, stepped.err, whole.lines, whole.err)
		}
		if lines := bytes.Count(data, []byte("\n")) + 1; len(whole.lines) > lines {
			t.Errorf("%d items of %d lines", len(whole.lines), lines)
		}
	})
}

// stepReader reads a number of bytes at once.
type stepReader struct {
	rest []byte
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.step, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}
