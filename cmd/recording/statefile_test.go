package recording

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzState: any file is a state or is refused and left as it is. What is saved is
// read again.
func FuzzState(f *testing.F) {
	for _, text := range []string{
		"", " \n", "null", "{}", "[]", "x", `{"restail":"state"}`, `{"restail":"state","version":2}`,
		`{"restail":"state","version":1,"complete":"2026-05-01T19:00:00Z","edge":{"a":[1]}}`,
		`{"restail":"state","version":1,"complete":"0001-01-01T00:00:00Z","edge":null}`,
		`{"restail":"state","version":1,"complete":7}`, `{"Restail":"state","version":1} {}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenState(path, func(err error) { t.Errorf("a warning: %v", err) })
		if err != nil {
			if after, _ := os.ReadFile(path); !bytes.Equal(after, text) {
				t.Errorf("%q was refused, and became %q", text, after)
			}
			return
		}
		if edge := s.Edge(); edge != nil && !json.Valid(edge) {
			t.Errorf("%q has the edge %q", text, edge)
		}
		complete := time.Date(2026, 5, 1, 19, 0, 0, 5, time.UTC)
		s.Save(complete, func() []byte { return []byte(`{"a":1}`) })
		s.Close()
		again := openState(t, path)
		defer again.Close()
		if at, ok := again.Complete(); !ok || !at.Equal(complete) || string(again.Edge()) != `{"a":1}` {
			t.Errorf("saved %v, read %v and %s", complete, at, again.Edge())
		}
	})
}
