// Package conformance holds recordings and the records expected of them, as plain
// files for authors of other clients: see README.md. Its tests compare the files with
// what restail does.
package conformance

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd"
)

var update = flag.Bool("update", false, "rewrite the files")

// transcripts are the transcripts of package decode. The frames of each are a recording
// here.
const transcripts = "../../decode/testdata/*.txt"

// TestRecordings compares recordings with the transcripts that they are made from. The
// whole program must write the records that the transcript expects of package decode.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob(transcripts)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("\n! relink\n")) {
			continue // a recording here is of one socket
		}
		var frames, records bytes.Buffer
		for line := range bytes.Lines(text) {
			if frame, ok := bytes.CutPrefix(line, []byte("> ")); ok {
				frames.Write(frame)
			}
			if record, ok := bytes.CutPrefix(line, []byte("< {")); ok {
				records.WriteString("{" + string(record))
			}
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		compare(t, name+".raw", frames.String())
		want := withoutReceipt(records.String(), time.Date(2030, 1, 2, 2, 4, 5, 0, time.UTC))
		// The program escapes these, so that no terminal obeys them.
		want = strings.NewReplacer("\u007f", `\u007f`, "\u0085", `\u0085`).Replace(want)
		if n := difference(replay(t, name+".raw"), want); n > 0 {
			t.Errorf("%s: record %d is not the one that the transcript expects", name, n)
		}
	}
}

// TestExpected compares the records that are expected of each recording with those that
// restail writes, and checks that the page names the recording.
func TestExpected(t *testing.T) {
	recordings, err := filepath.Glob("*.raw")
	if err != nil || len(recordings) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range recordings {
		name = strings.TrimSuffix(name, ".raw")
		compare(t, name+".ndjson", replay(t, name+".raw"))
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md does not name %s", name)
		}
	}
	expected, err := filepath.Glob("*.ndjson")
	if err != nil || len(expected) != len(recordings) {
		t.Errorf("%d recordings and %d files of records: %v", len(recordings), len(expected), err)
	}
}

// TestFields checks that the page says where each field of the records comes from.
func TestFields(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.ndjson")
	if err != nil || len(files) == 0 {
		t.Fatalf("no records: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var record map[string]json.RawMessage
			if err := json.Unmarshal(line, &record); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for field := range record {
				if !bytes.Contains(page, []byte("`"+field+"`")) {
					t.Errorf("%s: README.md does not explain %s", file, field)
				}
			}
		}
	}
}

// replay returns the records of a recording, without the times of receipt.
func replay(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	began := time.Now().UTC().Truncate(time.Second)
	status := cmd.Run(t.Context(), []string{"replay", "-q", "-a", "all", "-"}, cmd.Env{Stdin: bytes.NewReader(data), Stdout: &stdout, Stderr: &stderr})
	if status != 0 {
		t.Fatalf("%s: status %d, %s", name, status, &stderr)
	}
	text := stdout.String()
	for second := began; !second.After(time.Now()); second = second.Add(time.Second) {
		text = withoutReceipt(text, second)
	}
	return text
}

// withoutReceipt removes the time of each record that has this one: that of its receipt.
func withoutReceipt(records string, at time.Time) string {
	return strings.ReplaceAll(records, `{"time":"`+at.Format(time.RFC3339)+`",`, "{")
}

// compare compares a file with what it should hold, or rewrites it.
func compare(t *testing.T, name, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return
	}
	if n := difference(string(got), want); n > 0 {
		t.Errorf("%s:%d is not what it should be; -update rewrites it", name, n)
	}
}

// difference returns the number of the first line in which two texts differ, 0 for
// none.
func difference(a, b string) int {
	if a == b {
		return 0
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return n + 1
}
