package decode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mixedEvents is the number of distinct events: more than the second-level cache
// holds, in an order that branch prediction cannot learn.
const mixedEvents = 4_000

// mixed returns events of all types, made from those in the platforms'
// transcripts with other strings. The text types are the most frequent.
func mixed(tb testing.TB) (events [][]byte, size int64) {
	m := variator{rand.New(rand.NewPCG(3, 724))}
	shapes := m.shapes(tb)
	for range mixedEvents {
		event := m.event(shapes[m.IntN(len(shapes))])
		events = append(events, event)
		size += int64(len(event))
	}
	return events, size
}

type variator struct{ *rand.Rand }

// shapes returns the transcripts' events, text as often as in a chat.
func (m variator) shapes(tb testing.TB) (shapes []map[string]any) {
	for _, platform := range chatSlugs() {
		data, err := os.ReadFile(filepath.Join("testdata", platform+".txt"))
		if err != nil {
			tb.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var shape map[string]any
			d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(line, []byte("> "))))
			d.UseNumber()
			if d.Decode(&shape) != nil || shape["action"] != "event" || len(line) < 400 {
				continue
			}
			shapes = append(shapes, shape)
			switch shape["payload"].(map[string]any)["eventTypeId"] {
			case json.Number("4"), json.Number("5"):
				shapes = append(shapes, shape, shape, shape, shape)
			case json.Number("25"):
				shapes = append(shapes, shape, shape)
			}
		}
	}
	return shapes
}

func (m variator) event(shape map[string]any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(m.vary("", shape)); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

// vary copies a value with other texts, stamps and booleans.
func (m variator) vary(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		varied := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) { // the same every time
			varied[key] = m.vary(key, v[key])
		}
		return varied
	case []any:
		varied := []any{}
		for _, element := range v {
			varied = append(varied, m.vary(key, element))
		}
		return varied
	case bool:
		return m.IntN(4) == 0
	case string:
		return m.text(key, v)
	}
	if key == "timestamp" {
		return 1740152273 + m.IntN(3600)
	}
	return v
}

// text returns a replacement for a string with that key.
func (m variator) text(key, text string) string {
	switch {
	case key == "action" || key == "connectionIdentifier" || key == "type" || key == "title" || strings.HasSuffix(strings.ToLower(key), "role"):
		return text
	case key == "text":
		words := strings.Fields("hello chat that was so good what no way lol the stream is live again 😂 love it 🎉 this from Norway gg привет")
		said := words[m.IntN(len(words))]
		for range 5 + m.IntN(25) {
			said += " " + words[m.IntN(len(words))]
		}
		return said
	case strings.HasPrefix(text, "http"):
		return fmt.Sprintf("https://cdn.example.com/%s/%016x/%016x.png", key, m.Uint64(), m.Uint64())
	case len(text) > 20:
		return fmt.Sprintf("%016x%016x", m.Uint64(), m.Uint64())
	}
	return fmt.Sprintf("viewer%0*d", 1+m.IntN(9), m.IntN(100_000))
}

// BenchmarkMixed takes events in unpredictable order from memory outside the
// near caches: parsed only, applied without a record, and turned into a record.
func BenchmarkMixed(b *testing.B) {
	events, size := mixed(b)
	for _, step := range []struct {
		name string
		do   func(*frameDecoder, []byte) error
	}{
		{"parse", func(d *frameDecoder, frame []byte) error { return d.parser.Parse(&d.action, frame) }},
		{"apply", (*frameDecoder).apply},
		{"record", func(d *frameDecoder, frame []byte) error { _, err := d.decode(frame); return err }},
	} {
		b.Run(step.name, func(b *testing.B) {
			d := newDecoder()
			b.ReportAllocs()
			b.SetBytes(size)
			for b.Loop() {
				for _, event := range events {
					if err := step.do(d, event); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/frame")
			b.ReportMetric(float64(size)/float64(len(events)), "B/frame")
		})
	}
}
