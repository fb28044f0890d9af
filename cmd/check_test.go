package cmd

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// checked runs check on a text, and returns the exit status and the fields of the report.
func checked(t *testing.T, text string) (status int, report map[string]any) {
	t.Helper()
	file := t.TempDir() + "/x.raw"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := restail(t, "", "check", "-o", "ndjson", file)
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil && got.stdout != "" {
		t.Fatal(err)
	}
	return got.status, report
}

// recordingOf makes a recording from words. A number N is an action N seconds after the
// hour, @N is a connection_info, STATUS@N[:GAP] is a link record, and unrecorded reports
// 5 unrecorded actions. Any other word is a line of its own.
func recordingOf(words string) string {
	hour := time.Date(2026, 11, 28, 19, 0, 0, 0, time.UTC)
	text := ""
	for word := range strings.FieldsSeq(words) {
		status, rest, isLink := strings.Cut(word, "@")
		rest, gap, stated := strings.Cut(rest, ":")
		var seconds int
		if !isLink {
			rest = word
		}
		_, err := fmt.Sscan(rest, &seconds)
		at := hour.Add(time.Duration(seconds) * time.Second)
		switch {
		case word == "unrecorded":
			text += `{"restail":"unrecorded","time":"2026-11-28T19:00:00Z","seconds":3,"actions":5}`
		case err != nil:
			text += word
		case isLink && status == "":
			text += fmt.Sprintf(`{"action":"connection_info","payload":{},"timestamp":%d}`, at.Unix())
		case isLink:
			text += fmt.Sprintf(`{"restail":"link","time":%q,"status":%q`, at.Format(time.RFC3339), status)
			if stated {
				text += `,"gap_seconds":` + gap
			}
			text += "}"
		default:
			text += fmt.Sprintf(`{"action":"event","payload":{},"timestamp":%d}`, at.Unix())
		}
		text += "\n"
	}
	return text
}

// A folder is refused on stdin as it is by name.
func TestFolderOnStdin(t *testing.T) {
	t.Parallel()
	folder, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for _, command := range []string{"replay", "check", "serve"} {
		var stderr strings.Builder
		if status := Run(t.Context(), []string{command, "-"}, Env{Stdin: folder, Stdout: io.Discard, Stderr: &stderr}); status != 2 || !strings.Contains(stderr.String(), "cannot read stdin") {
			t.Errorf("%s: status %d, %s", command, status, stderr.String())
		}
	}
}

func TestCheckCountsGaps(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"connected@0 1 2 30":                                                   "0 0",
		"1 2 30":                                                               "0 0",
		"connected@0 1 lost@3 restored@9:8.5 10":                               "1 8.5",
		"connected@0 1 lost@3 restored@9:0 10":                                 "0 0",
		"connected@0:120.25 1":                                                 "1 120.25", // since the run before
		"1 lost@3 restored@9:8.5 filled@20:8.5 30":                             "0 0",
		"1 lost@3 restored@9:8.5 unfilled@20:8.5 30":                           "1 8.5",
		"1 restored@9:8.5 restored@19:4 filled@20:4":                           "1 8.5",
		"1 restored@9:8.5 restored@19:4 filled@20:7":                           "2 12.5", // of another file
		"1 restored@9:8 unfilled@20:8 restored@39:8 filled@50:8 restored@60:8": "2 16",
		"1 filled@20:8":                                                        "0 0",
		// a lost that nothing restored
		"connected@0 1 50 lost@110":           "1 60",
		"connected@0 1 50 lost@110 ended@150": "1 100",
		"lost@5":                              "1 0",
		"lost@5 connected@9 10":               "0 0", // never up before
		// another run
		"connected@0 1 50 connected@80 81":                        "1 30",
		"connected@0 1 50 connected@80:31 81":                     "1 31",
		"connected@0 connected@80 81":                             "1 80",
		"50 connected@80 81":                                      "1 30",
		"connected@0 50 lost@60 connected@80 81":                  "1 30",
		"connected@0 50 lost@60 ended@70 lost@75 connected@80 81": "1 30",
		"connected@0 50 connected@40":                             "1 0", // clocks differ
		"@-5000 @-4000 connected@80 81":                           "0 0",
		"@-5000 1 connected@81":                                   "1 80",
	} {
		status, report := checked(t, recordingOf(words))
		if got := fmt.Sprint(report["gaps"], report["gap_seconds"]); got != want || (status == 0) != (want == "0 0") {
			t.Errorf("%s: status %d, %s, want %s", words, status, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	const history = `{"restail":"history","broadcast_id":"b2","message":{"timestamp":"2026-11-28T19:00:02Z","platform":"X"}}`
	for words, want := range map[string]string{
		"1 2":                     `0 {"actions":2,"broken":0,"cut":false,"events":2,"first":"2026-11-28T19:00:01Z","gap_seconds":0,"gaps":0,"last":"2026-11-28T19:00:02Z","platforms":["unknown"],"unrecorded":0}`,
		"@-9000 1 @2":             `0 {"actions":3,"broken":0,"cut":false,"events":1,"first":"2026-11-28T19:00:01Z","gap_seconds":0,"gaps":0,"last":"2026-11-28T19:00:02Z","platforms":["unknown"],"unrecorded":0}`,
		"1 junk 2":                `1 {"actions":2,"broken":1,"cut":false,"events":2,"first":"2026-11-28T19:00:01Z","gap_seconds":0,"gaps":0,"last":"2026-11-28T19:00:02Z","platforms":["unknown"],"unrecorded":0}`,
		"1 unrecorded unrecorded": `1 {"actions":1,"broken":0,"cut":false,"events":1,"first":"2026-11-28T19:00:01Z","gap_seconds":0,"gaps":0,"last":"2026-11-28T19:00:01Z","platforms":["unknown"],"unrecorded":10}`,
		"1 9 " + history:          `0 {"actions":2,"broadcasts":["b2"],"broken":0,"cut":false,"events":3,"first":"2026-11-28T19:00:01Z","gap_seconds":0,"gaps":0,"last":"2026-11-28T19:00:09Z","platforms":["unknown","x"],"unrecorded":0}`,
		`1 9 {"time":"2026-11-28T19:00:02Z","action":"event","platform":"x","is_history":true}`: `0 {"actions":2,"broken":0,"cut":false,"events":3,"first":"2026-11-28T19:00:01Z","gap_seconds":0,"gaps":0,"last":"2026-11-28T19:00:09Z","platforms":["unknown","x"],"unrecorded":0}`,
		history:               `0 {"actions":0,"broadcasts":["b2"],"broken":0,"cut":false,"events":1,"first":"2026-11-28T19:00:02Z","gap_seconds":0,"gaps":0,"last":"2026-11-28T19:00:02Z","platforms":["x"],"unrecorded":0}`,
		`{"action":"later"}`:  `0 {"actions":1,"broken":0,"cut":false,"events":0,"gap_seconds":0,"gaps":0,"unrecorded":0}`,
		`{"restail":"later"}`: `0 {"actions":0,"broken":0,"cut":false,"events":0,"gap_seconds":0,"gaps":0,"unrecorded":0}`,
		`{"time":"2026-11-28T19:00:01Z","action":"event","broadcast_id":"b"} {"time":"2026-11-28T19:00:03Z","action":"link","status":"restored","gap_seconds":2}`: `1 {"actions":1,"broadcasts":["b"],"broken":0,"cut":false,"events":1,"first":"2026-11-28T19:00:01Z","gap_seconds":2,"gaps":1,"last":"2026-11-28T19:00:01Z","unrecorded":0}`,
		"":     `1 {"actions":0,"broken":0,"cut":false,"events":0,"gap_seconds":0,"gaps":0,"unrecorded":0}`,
		"junk": `2 null`,
	} {
		status, report := checked(t, recordingOf(words))
		delete(report, "file")
		got, err := json.Marshal(report)
		if said := fmt.Sprint(status, " ", string(got)); said != want || err != nil {
			t.Errorf("%s:\n got %s\nwant %s", words, said, want)
		}
	}
}

// The last line counts as cut if it is incomplete, not if only its line break is missing.
func TestCheckSeesACut(t *testing.T) {
	text := recordingOf("1 2")
	for cut, want := range map[int]string{0: "0 2 0 false", 1: "0 2 0 false", 2: "1 1 0 true", 20: "1 1 0 true"} {
		status, report := checked(t, text[:len(text)-cut])
		if got := fmt.Sprint(status, report["actions"], report["broken"], report["cut"]); got != want {
			t.Errorf("without the last %d bytes: %s, want %s", cut, got, want)
		}
	}
	status, report := checked(t, gzipText(text)[:60])
	if status != statusFailed || report["cut"] != true {
		t.Errorf("a gzip stream that is cut: status %d, %v", status, report)
	}
	damaged := []byte(gzipText(text))
	damaged[len(damaged)-6] ^= 1
	if status, report = checked(t, string(damaged)); status != statusFailed || report["cut"] != true || report["actions"] != 2.0 {
		t.Errorf("a wrong checksum: status %d, %v", status, report)
	}
	if status, report = checked(t, "\xff\xfe{\x00"); status != statusUsage || report != nil {
		t.Errorf("UTF-16: status %d, %v", status, report)
	}
}

// A hostile recording cannot make the report large.
func TestCheckBoundsNames(t *testing.T) {
	var text strings.Builder
	for i := range 3 * maxNames {
		fmt.Fprintf(&text, `{"action":"event","payload":{"eventId":"b%d"}}`+"\n", i)
	}
	fmt.Fprintf(&text, `{"action":"event","payload":{"eventId":"%s"}}`+"\n", strings.Repeat("x", maxNameLen+1))
	if _, report := checked(t, text.String()); len(report["broadcasts"].([]any)) != maxNames {
		t.Errorf("%d broadcasts", len(report["broadcasts"].([]any)))
	}
}

// A gap is searched among the latest ones only, so that a hostile recording costs no
// more than another of its size.
func TestCheckBoundsPendingGaps(t *testing.T) {
	words := "1 restored@9:8.5"
	for i := range maxPending {
		words += fmt.Sprintf(" restored@%d:4", 20+i)
	}
	_, report := checked(t, recordingOf(words+" filled@5000:4 filled@5000:8.5"))
	if got := report["gaps"]; got != float64(maxPending) {
		t.Errorf("%v gaps, want %d", got, maxPending)
	}
}

// A signal ends a check that waits for input.
func TestCheckCanBeCancelled(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	signals := make(chan os.Signal, 1)
	go func() {
		io.WriteString(out, recordingOf("1 2"))
		signals <- os.Interrupt
	}()
	var stdout bytes.Buffer
	if status := Run(t.Context(), []string{"check", "-"}, Env{Stdin: in, Stdout: &stdout, Stderr: io.Discard, Signals: signals}); status != 130 || stdout.Len() > 0 {
		t.Errorf("status %d, %s", status, &stdout)
	}
}

// gzipText returns a gzipped text.
func gzipText(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.String()
}
