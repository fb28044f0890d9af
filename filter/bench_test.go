package filter

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/itchyny/gojq"
)

var benchPrograms = []struct{ name, program string }{
	{"identity", `.`},
	{"select", `select(.platform=="twitch")`},
	{"selectNone", `select(.platform=="kick")`},
	{"projection", `select(.platform=="twitch") | {author,text}`},
	{"interpolation", `"\(.author): \(.text)"`},
	{"regexp", `select(.text | test("show"; "i")) | .text`},
	{"whole", `del(.author_avatar)`},
	{"error", `.text | tonumber`},
	{"raw", `$raw.payload.eventIdentifier`},
	{"rawAfterSelect", `select(.platform=="kick") | $raw`},
}

func BenchmarkRun(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := typical("twitch")
	for _, bp := range benchPrograms {
		b.Run(bp.name, func(b *testing.B) {
			p, err := Compile(bp.program, Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Run(ctx, r, oneFrame, func(Output) error { return nil })
			}
		})
	}
}

// BenchmarkNaive is the plain way: the record's JSON, read into a map, through
// a run of gojq.
func BenchmarkNaive(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	text := toJSON(typical("twitch"))
	for _, bp := range benchPrograms[:7] {
		b.Run(bp.name, func(b *testing.B) {
			q, _ := gojq.Parse(bp.program)
			code, err := gojq.Compile(q)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var v any
				d := json.NewDecoder(bytes.NewReader(text))
				d.UseNumber()
				if err := d.Decode(&v); err != nil {
					b.Fatal(err)
				}
				iter := code.RunWithContext(ctx, v)
				for {
					if _, ok := iter.Next(); !ok {
						break
					}
				}
			}
		})
	}
}
