// Package conformance holds recordings, and what a client makes of them, as plain
// files: see README.md. Its test keeps the files true.
package conformance

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd"
)

var update = flag.Bool("update", false, "rewrite the files")

// transcripts are those whose frames are recordings here too.
const transcripts = "../../decode/testdata/*.txt"

// TestRecordings keeps the recordings that are made from the transcripts, whose
// results must be those of the whole program.
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
			continue // two sockets are no matter of a single recording
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
		want = strings.NewReplacer("\u007f", `\u007f`, "\u0085", `\u0085`).Replace(want)
		if n := difference(replay(t, name+".raw"), want); n > 0 {
			t.Errorf("%s: record %d is not the one that the transcript expects", name, n)
		}
	}
}

// TestExpected keeps what is expected of every recording.
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

// withoutReceipt leaves out times that are that of the receipt.
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
