package format

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

// textOf writes all samples, each below its name.
func textOf(t *testing.T, w *Text) []byte {
	t.Helper()
	var out []byte
	var r record.Record
	for _, s := range samples(t) {
		fill(t, &r, s.line)
		out = fmt.Appendf(out, "# %s\n", s.name)
		out = w.Record(out, &r, nil)
	}
	return out
}

func TestTextOfEverySample(t *testing.T) {
	golden(t, "text.golden", textOf(t, NewText(TextOptions{Location: time.UTC})))
}

func TestTextInColor(t *testing.T) {
	out := textOf(t, NewText(TextOptions{Location: time.UTC, Color: true}))
	golden(t, "color.golden", out)
	plain := textOf(t, NewText(TextOptions{Location: time.UTC}))
	if got := withoutColors(out); !bytes.Equal(got, plain) {
		t.Errorf("colours change more than colours:\n%s", difference(string(plain), string(got)))
	}
}

// colors are the only escape sequences that a line may have.
var colors = regexp.MustCompile(`\x1b\[[0-9;]+m`)

func withoutColors(text []byte) []byte { return colors.ReplaceAll(text, nil) }
