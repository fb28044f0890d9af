package format

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
)

// marshal is gojq's own encoding, with the escapes that are ours.
func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := gojq.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var ours strings.Builder
	for _, r := range string(text) {
		if 0x80 <= r && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			ours.Write(appendEscape(nil, r))
		} else {
			ours.WriteRune(r)
		}
	}
	return ours.String()
}

func TestValueIsGojqs(t *testing.T) {
	huge, _ := new(big.Int).SetString("-123456789012345678901234567890", 10)
	for _, v := range []any{
		nil, true, false, 0, -1, math.MaxInt, math.MinInt, huge, json.Number("1.50e+3"), json.Number("9007199254740993"),
		0.0, math.Copysign(0, -1), 1.5, -0.1, 1e-6, 9.9e-7, 1e-7, 1e-10, 1e-100, 1e20, 1e21, 1.5e300, 1e17,
		math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64,
		"", "plain", "\b\f\n\r\t\x00\x1f\x7f\u0080\u009f\u00a0\"\\/<>&", "日本語 👩‍🚀\u2028\u2029\u202e", "a\xffb",
		[]any{}, []any{nil, 1, "a", []any{2.5}}, map[string]any{},
		map[string]any{"b": 1, "a": map[string]any{"é": []any{}, "\"": nil}, "": "x", "B": true},
	} {
		if got, want := string(NDJSON{}.Value(nil, v)), marshal(t, v)+"\n"; got != want {
			t.Errorf("%#v:\ngot  %s\nwant %s", v, got, want)
		}
	}
}

func TestValueOfALargeObject(t *testing.T) {
	object := map[string]any{}
	for i := range 100 {
		object[strings.Repeat("k", i)] = i
	}
	if got, want := string(NDJSON{}.Value(nil, object)), marshal(t, object)+"\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestValueOfAnotherType(t *testing.T) {
	if got := string(NDJSON{}.Value(nil, int64(7))); got != "\"7\"\n" {
		t.Errorf("got %s", got)
	}
}

func FuzzValue(f *testing.F) {
	f.Add(`{"a":[1,2.5e-9,null,true,"x\u0000\u009b\u2028"],"b":{"":-0.0,"z":1e999}}`, 0.25)
	f.Add(`["\ud83d\ude00","\ud83d","<&>",12345678901234567890]`, 1e-7)
	f.Fuzz(func(t *testing.T, text string, number float64) {
		var v any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if decoder.Decode(&v) != nil {
			v = text
		}
		v = []any{v, number}
		line := NDJSON{}.Value(nil, v)
		oneLine(t, line)
		if got, want := string(line), marshal(t, v)+"\n"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func BenchmarkValue(b *testing.B) {
	var record map[string]any
	for _, s := range samples(b) {
		if s.name == typical {
			if err := json.Unmarshal([]byte(s.line), &record); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name string
		v    any
	}{
		{"record", record},
		{"projection", map[string]any{"author": record["author"], "text": record["text"]}},
		{"string", record["text"]},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = NDJSON{}.Value(dst[:0], c.v)
			}
		})
	}
}
