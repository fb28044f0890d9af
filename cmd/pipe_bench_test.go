package cmd

import (
	"bytes"
	"io"
	"testing"

	"github.com/restail/restail/cmd/serve"
)

// BenchmarkPipe runs the built-in show, over and over, through the whole
// pipeline: one action is one operation.
func BenchmarkPipe(b *testing.B) {
	var show []byte
	for _, action := range serve.Show() {
		show = append(append(show, action.Frame...), '\n')
	}
	frames := bytes.Count(show, []byte{'\n'})
	for _, bench := range []struct {
		name string
		args []string
	}{
		{"raw", []string{"-o", "raw"}},
		{"ndjson", nil},
		{"fields", []string{"-p", "twitch", "--fields", "author,text"}},
		{"text", []string{"-o", "text"}},
		{"filter", []string{"-f", `select(.platform == "twitch") | {author, text}`}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			rounds := b.N/frames + 1
			b.SetBytes(int64(len(show) / frames))
			b.ReportAllocs()
			status := Run(b.Context(), append([]string{"replay", "-q"}, bench.args...), Env{
				Stdin:  &repeat{text: show, left: rounds},
				Stdout: io.Discard, Stderr: io.Discard,
			})
			if status != 0 {
				b.Fatalf("status %d", status)
			}
		})
	}
}

// repeat reads a text several times over.
type repeat struct {
	text []byte
	at   int
	left int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	if r.at += n; r.at == len(r.text) {
		r.at = 0
		r.left--
	}
	return n, nil
}
