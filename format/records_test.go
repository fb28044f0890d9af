package format

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

var update = flag.Bool("update", false, "record the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (re-record with -update):\n%s", path, difference(string(want), string(got)))
	}
}

// difference is the first line that differs.
func difference(want, got string) string {
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wants), len(gots)) {
		if wants[i] != gots[i] {
			return "want " + wants[i] + "\ngot  " + gots[i]
		}
	}
	return "one ends before the other"
}

// sample is a record of testdata/records.ndjson: the line, and what the
// comment above it says.
type sample struct {
	name, line string
}

func samples(t testing.TB) []sample {
	t.Helper()
	file, err := os.ReadFile("testdata/records.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	name := ""
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSuffix(line, "\n")
		if comment, is := strings.CutPrefix(line, "# "); is {
			name = comment
			continue
		}
		all = append(all, sample{name, line})
	}
	return all
}

// fill makes a record of its line, with the setters that decode has.
func fill(t testing.TB, r *record.Record, line string) {
	t.Helper()
	r.Reset()
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &object); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	for name, literal := range object {
		f, known := record.ByName(name)
		if !known {
			t.Fatalf("a record has no %s", name)
		}
		var value any
		if err := json.Unmarshal(literal, &value); err != nil {
			t.Fatal(err)
		}
		switch value := value.(type) {
		case bool:
			r.SetBool(f, value)
		case float64:
			r.SetNumber(f, literal)
		case string:
			if f != record.Time {
				r.SetChars(f, chars(value))
				continue
			}
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				t.Fatal(err)
			}
			r.SetTime(at)
		case []any:
			for _, item := range value {
				r.Add(f, chars(item.(string)))
			}
		}
	}
}

// chars tells like decode whether a string is plain.
func chars(s string) record.Chars {
	special := func(r rune) bool {
		return r < ' ' || r == '"' || r == '\\' || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029'
	}
	return record.Chars{Bytes: []byte(s), Plain: !strings.ContainsFunc(s, special)}
}

func TestSamplesHaveEveryActionAndType(t *testing.T) {
	seen := map[string]bool{}
	var r record.Record
	for _, s := range samples(t) {
		fill(t, &r, s.line)
		seen[string(r.Bytes(record.Action))] = true
		seen[string(r.Bytes(record.Type))] = true
	}
	want := []string{"unknown"}
	for _, a := range decode.Actions {
		want = append(want, a.Name)
	}
	for _, p := range decode.Platforms {
		for _, t := range p.Types {
			want = append(want, t.Name)
		}
	}
	for _, name := range want {
		if !seen[name] {
			t.Errorf("no sample has %s", name)
		}
	}
}
