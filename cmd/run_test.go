package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/restail/restail/cmd/serve"
)

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8") // many tests wait for a clock or a process
	goleak.VerifyTestMain(m)
}

// chat starts a loopback Restream for the test and returns its URL.
func chat(t *testing.T, o serve.Options) string {
	t.Helper()
	handler := serve.New(o)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		handler.Shutdown(t.Context())
		server.Close()
	})
	return "ws" + strings.TrimPrefix(server.URL, "http") + serve.Path
}

// result is the outcome of a run.
type result struct {
	status         int
	stdout, stderr string
}

// restail runs the program in this process, with a token and the URL of a chat.
func restail(t *testing.T, url string, args ...string) result {
	t.Helper()
	return runWith(t, "", []string{"RESTREAM_ACCESS_TOKEN=T0k3n", "RESTAIL_URL=" + url}, args)
}

// restailOn runs the program in this process, with a text on stdin.
func restailOn(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return runWith(t, stdin, nil, args)
}

func runWith(t *testing.T, stdin string, environ, args []string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := Run(t.Context(), args, Env{Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Environ: environ})
	if out := stdout.String(); out != "" && !strings.HasSuffix(out, "\n") {
		t.Errorf("stdout ends within a line: %q", out)
	}
	if strings.Contains(stdout.String()+stderr.String(), "T0k3n") {
		t.Errorf("the token leaks: %s%s", &stdout, &stderr)
	}
	return result{status, stdout.String(), stderr.String()}
}

// testRecord has the fields of an ndjson record that tests read.
type testRecord struct {
	Action, Status, Reason, Platform, Channel, Author, Text string

	EventID string  `json:"event_id"`
	Gap     float64 `json:"gap_seconds"`
}

func readRecords(t *testing.T, ndjson string) (records []testRecord) {
	t.Helper()
	for line := range strings.Lines(ndjson) {
		var r testRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

// want checks the exit status, and that stderr has each text.
func (r result) want(t *testing.T, status int, stderr ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("status %d, want %d\n%s%s", r.status, status, r.stdout, r.stderr)
	}
	for _, text := range stderr {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("stderr lacks %q:\n%s", text, r.stderr)
		}
	}
}

// syncBuffer is a buffer that can be read while it is written.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// firstWrite is a stdout that closes seen at the first write.
type firstWrite struct {
	bytes.Buffer
	once sync.Once
	seen chan struct{}
}

func (w *firstWrite) Write(p []byte) (int, error) {
	defer w.once.Do(func() { close(w.seen) })
	return w.Buffer.Write(p)
}

// stuckWriter is a stdout that blocks until free is closed, and then returns err.
type stuckWriter struct {
	once          sync.Once
	entered, free chan struct{}
	err           error
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	w.once.Do(func() { close(w.entered) })
	<-w.free
	return len(p), w.err
}

// failing is a stdout on a full disk.
type failing struct{}

func (failing) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: errors.New("no space left on device")}
}

// eventually waits until a condition is true.
func eventually(t *testing.T, isTrue func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !isTrue(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the condition is never true")
		}
	}
}

// With --status=json, a usage error is JSON too, although the flags were not parsed.
func TestUsageErrorsInJSON(t *testing.T) {
	for _, args := range [][]string{
		{"--status=json", "-n", "x"}, {"--status", "json", "--bogus"}, {"bogus", "--status=json"},
		{"--status=json", "-f", "("}, {"connections", "-o", "xml", "--status=json"},
	} {
		got := restail(t, "", args...)
		var line struct{ Time, Kind, Message string }
		if err := json.Unmarshal([]byte(got.stderr), &line); err != nil || line.Kind != "error" || line.Message == "" || got.status != statusUsage {
			t.Errorf("%v: status %d, stderr %s", args, got.status, got.stderr)
		}
	}
}

// Without a token, tail says how to play the recording that stdin is.
func TestRecordingOnStdinOfTail(t *testing.T) {
	recording, err := os.Open("testdata/mixed.raw")
	if err != nil {
		t.Fatal(err)
	}
	defer recording.Close()
	const hint = "to play a recording: restail replay FILE"
	for stdin, hinted := range map[io.Reader]bool{recording: true, strings.NewReader(""): false} {
		var stdout, stderr bytes.Buffer
		status := Run(t.Context(), nil, Env{Stdin: stdin, Stdout: &stdout, Stderr: &stderr, Environ: []string{"XDG_STATE_HOME=" + t.TempDir()}})
		if status != statusUnauthorized || strings.Contains(stderr.String(), hint) != hinted {
			t.Errorf("status %d, want the hint: %v\n%s", status, hinted, stderr.String())
		}
	}
}

// Wrong usage is found before the first byte is sent.
func TestNothingIsContacted(t *testing.T) {
	asked := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")
	for _, args := range [][]string{
		{"-f", "("}, {"-a", "x"}, {"-p", "myspace"}, {"--fields", "x"}, {"-n", "0"}, {"--api-url", "http://example.com"},
	} {
		if got := restail(t, url, args...); got.status != statusUsage || got.stdout != "" {
			t.Errorf("%v: status %d\n%s%s", args, got.status, got.stdout, got.stderr)
		}
	}
	if len(asked) > 0 {
		t.Errorf("the server was asked for %s", <-asked)
	}
}
