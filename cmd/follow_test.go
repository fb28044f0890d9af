package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/restail/restail/cmd/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// chat starts a loopback Restream and returns its address.
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

// result is what a run of the program left behind.
type result struct {
	status         int
	stdout, stderr string
}

// restail runs the program in this process with a token and the address of a
// chat, if there is one.
func restail(t *testing.T, url string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := Run(t.Context(), args, Env{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Environ: []string{"RESTREAM_ACCESS_TOKEN=T0k3n", "RESTAIL_URL=" + url},
	})
	if out := stdout.String(); out != "" && !strings.HasSuffix(out, "\n") {
		t.Errorf("stdout ends within a line: %q", out)
	}
	if strings.Contains(stdout.String()+stderr.String(), "T0k3n") {
		t.Errorf("the token leaks: %s%s", &stdout, &stderr)
	}
	return result{status, stdout.String(), stderr.String()}
}

// withoutLink drops the tool's own records.
func withoutLink(lines string) string {
	var rest strings.Builder
	for line := range strings.Lines(lines) {
		if !strings.Contains(line, `"action":"link"`) && !strings.HasPrefix(line, `{"restail":"link"`) {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// TestLiveAndReplayAgree follows the whole show and replays the recording of
// it: both give the same, and the recording is what the server sent.
func TestLiveAndReplayAgree(t *testing.T) {
	url := chat(t, serve.Options{CloseAtEnd: true})
	raw := restail(t, url, "-o", "raw", "-a", "all", "--no-reconnect", "-q")
	var sent strings.Builder
	for _, action := range serve.Show() {
		sent.Write(append(action.Frame, '\n'))
	}
	if got := withoutLink(raw.stdout); raw.status != statusGivenUp || got != sent.String() {
		t.Errorf("status %d, and the recording is not what was sent: %s", raw.status, firstDifference(sent.String(), got))
	}
	recording := t.TempDir() + "/show.raw"
	if err := os.WriteFile(recording, []byte(raw.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-a", "all"},
		{"-o", "raw", "-a", "all"},
		{"-o", "text", "--time", "utc"},
		{"-f", `select(.type == "text") | {author, text}`},
	} {
		live := restail(t, url, append(args, "--no-reconnect")...)
		replay := restail(t, "", append([]string{"replay", recording}, args...)...)
		if want, got := withoutLink(live.stdout), withoutLink(replay.stdout); got != want || replay.status != statusDone {
			t.Errorf("%v: live and replay differ (status %d): %s", args, replay.status, firstDifference(want, got))
		}
	}
}

// TestLinkRecords has the tool's own records in their place.
func TestLinkRecords(t *testing.T) {
	url := chat(t, serve.Options{CloseAtEnd: true})
	got := restail(t, url, "--no-reconnect", "-f", `if .action == "link" then "\(.status) \(.reason)" else empty end`)
	want := "\"connected null\"\n\"lost closed\"\n\"ended closed\"\n"
	if got.stdout != want || got.status != statusGivenUp {
		t.Errorf("status %d, records %s", got.status, got.stdout)
	}
	twice := restail(t, url, "-a", "link", "-n", "1", "--max-retries", "1", "--max-backoff", "10ms", "--fields", "action,status,reason,attempt")
	want = `{"action":"link","status":"connected"}
{"action":"link","status":"lost","reason":"closed","attempt":1}
{"action":"link","status":"restored","attempt":2}
{"action":"link","status":"lost","reason":"closed","attempt":2}
{"action":"link","status":"ended","reason":"closed"}
`
	if twice.stdout != want || twice.status != statusGivenUp {
		t.Errorf("status %d, records\n%s", twice.status, twice.stdout)
	}
}

// TestEnds has every way in which a run ends by itself, and its status.
func TestEnds(t *testing.T) {
	show := chat(t, serve.Options{})
	quiet := chat(t, serve.Options{Actions: []serve.Action{}})
	picky := chat(t, serve.Options{Token: "another"})
	for _, test := range []struct {
		name   string
		url    string
		args   []string
		status int
		lines  int
		stderr string
	}{
		{"count, with a link record on top", show, []string{"-n", "7"}, 0, 8, ""},
		{"count of text", show, []string{"-n", "7", "-o", "text"}, 0, 7, ""},
		{"count of raw", show, []string{"-n", "7", "-o", "raw"}, 0, 7, ""},
		{"count of outputs", show, []string{"-n", "5", "-a", "event", "-f", ".author, .text, .type"}, 0, 5, ""},
		{"timeout", quiet, []string{"-t", "1s"}, 0, 1, ""},
		{"timeout before the count", quiet, []string{"-t", "1s", "-n", "2"}, 124, 1, ""},
		{"timeout after the count", show, []string{"-t", "60s", "-n", "2"}, 0, 3, ""},
		{"idle", quiet, []string{"--idle", "1s"}, 0, 1, ""},
		{"idle before the count", quiet, []string{"--idle", "1s", "-n", "2"}, 124, 1, ""},
		{"idle though frames are dropped", show, []string{"--idle", "1s", "-f", "false"}, 0, 0, ""},
		{"a filter without an end", show, []string{"-t", "1s", "-f", "def f: f; f"}, 0, 0, ""},
		{"refused token", picky, nil, 3, 2, "401"},
		{"refused token without reconnect", picky, []string{"--no-reconnect"}, 3, 2, "401"},
		{"link records do not count, refused token", picky, []string{"-n", "1"}, 3, 2, "401"},
		{"link records do not count, nobody there", "ws://127.0.0.1:1/ws", []string{"--no-reconnect", "-n", "1"}, 4, 2, "given up"},
		{"nobody there", "ws://127.0.0.1:1/ws", []string{"--no-reconnect"}, 4, 2, "given up"},
		{"nobody there after a retry", "ws://127.0.0.1:1/ws", []string{"--max-retries=1", "--max-backoff", "1ms"}, 4, 2, "given up"},
		{"nobody there for the timeout", "ws://127.0.0.1:1/ws", []string{"-t", "1s"}, 4, 1, "--timeout ran out while the link was down"},
		{"nobody there for the idle time", "ws://127.0.0.1:1/ws", []string{"--idle", "1s"}, 4, 1, "--idle ran out while the link was down"},
		{"nobody there before the count", "ws://127.0.0.1:1/ws", []string{"-t", "1s", "-n", "1"}, 124, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := restail(t, test.url, test.args...)
			if lines := strings.Count(got.stdout, "\n"); got.status != test.status || lines != test.lines {
				t.Errorf("status %d with %d lines, want %d with %d:\n%s%s", got.status, lines, test.status, test.lines, got.stdout, got.stderr)
			}
			if !strings.Contains(got.stderr, test.stderr) {
				t.Errorf("stderr lacks %q:\n%s", test.stderr, got.stderr)
			}
		})
	}
}

// firstWrite is a stdout that tells when something was written to it.
type firstWrite struct {
	bytes.Buffer
	once sync.Once
	seen chan struct{}
}

func (w *firstWrite) Write(p []byte) (int, error) {
	defer w.once.Do(func() { close(w.seen) })
	return w.Buffer.Write(p)
}

// TestSignals sends signals while a quiet chat is followed.
func TestSignals(t *testing.T) {
	url := chat(t, serve.Options{Actions: serve.Show()[:20]})
	for _, test := range []struct {
		signal os.Signal
		status int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		signals := make(chan os.Signal)
		out := &firstWrite{seen: make(chan struct{})}
		var stderr bytes.Buffer
		go func() {
			<-out.seen
			if len(tableSignals) > 0 {
				signals <- tableSignals[0]
			}
			signals <- test.signal
		}()
		status := Run(t.Context(), nil, Env{
			Stdout: out, Stderr: &stderr, Signals: signals,
			Environ: []string{"RESTREAM_ACCESS_TOKEN=T0k3n", "RESTAIL_URL=" + url},
		})
		if status != test.status || !strings.HasSuffix(out.String(), "\n") {
			t.Errorf("%v: status %d, stdout %q", test.signal, status, out.String())
		}
		if len(tableSignals) > 0 && !strings.Contains(stderr.String(), "received") {
			t.Errorf("%v: no counters on stderr:\n%s", tableSignals[0], &stderr)
		}
	}
}

// TestSecondSignal ends a run whose stdout is stuck, which has written nothing.
func TestSecondSignal(t *testing.T) {
	url := chat(t, serve.Options{Actions: serve.Show()[:20]})
	signals := make(chan os.Signal)
	var stderr syncBuffer
	stuck := &stuckWriter{entered: make(chan struct{}), free: make(chan struct{})}
	exited := make(chan int)
	ended := make(chan int)
	go func() {
		ended <- Run(t.Context(), nil, Env{
			Stdout: stuck, Stderr: &stderr, Signals: signals,
			Environ: []string{"RESTREAM_ACCESS_TOKEN=T0k3n", "RESTAIL_URL=" + url},
			Exit:    func(status int) { exited <- status },
		})
	}()
	<-stuck.entered
	if len(tableSignals) > 0 {
		signals <- tableSignals[0]
	}
	signals <- syscall.SIGINT
	if len(tableSignals) > 0 && !strings.Contains(stderr.String(), ", written 0, ") {
		t.Errorf("nothing was written, but:\n%s", stderr.String())
	}
	signals <- syscall.SIGINT
	if status := <-exited; status != 130 {
		t.Errorf("the second signal exits with %d", status)
	}
	close(stuck.free)
	<-ended
}

// stuckWriter is a stdout whose reader does not read, and which fails with err
// when it is free, or not at all.
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

// TestReaderGoesAway ends a run at once when stdout's reader leaves, though
// the chat is silent, and when it had left before the start.
func TestReaderGoesAway(t *testing.T) {
	url := chat(t, serve.Options{Actions: []serve.Action{}})
	for _, early := range []bool{true, false} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if early {
			r.Close()
		} else {
			go func() {
				r.Read(make([]byte, 1))
				r.Close()
			}()
		}
		status := Run(t.Context(), []string{"-q"}, Env{
			Stdout: w, Stderr: io.Discard,
			Environ: []string{"RESTREAM_ACCESS_TOKEN=T0k3n", "RESTAIL_URL=" + url},
		})
		w.Close()
		if status != statusDone {
			t.Errorf("reader gone (before the start: %v): status %d", early, status)
		}
	}
}

// failing is a stdout that cannot be written to.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriteError(t *testing.T) {
	var stderr bytes.Buffer
	status := Run(t.Context(), []string{"replay", "testdata/mixed.raw", "-q"}, Env{Stdout: failing{}, Stderr: &stderr})
	if want := "cannot write to stdout: no space left on device"; status != statusFailed || !strings.Contains(stderr.String(), want) {
		t.Errorf("status %d, stderr %s", status, &stderr)
	}
}

// TestSummary ends a run of more than ten seconds, also one that failed.
func TestSummary(t *testing.T) {
	const long = `{"action":"heartbeat","timestamp":1740152270}` + "\n" + `{"action":"heartbeat","timestamp":1740152281}` + "\n"
	const link = `{"restail":"link","time":"2025-02-21T15:37:00Z","status":"connected"}` + "\n"
	short := strings.Replace(long, "81}", "79}", 1)
	for _, test := range []struct {
		recording string
		end       error
		args      []string
		want      string
	}{
		{long, io.EOF, nil, "restail: ~ received 2, written 0, filtered 2, broken 0, filter errors 0, queued 0\n"},
		{long, errors.New("no cable"), nil, "restail: the recording cannot be read further: no cable\n" +
			"restail: ~ received 2, written 0, filtered 2, broken 0, filter errors 0, queued 0\n"},
		{link + long, io.EOF, []string{"-a", "all", "-f", `.action != "link"`}, "restail: + link connected\n" +
			"restail: ~ received 2, written 2, filtered 0, broken 0, filter errors 0, queued 0\n"},
		{link + long, io.EOF, []string{"-a", "all", "-f", `if .action == "link" then empty else error("no") end`}, "restail: + link connected\n" +
			"restail: ! filter: no\n" +
			"restail: ~ received 2, written 0, filtered 0, broken 0, filter errors 2, queued 0\n"},
		{long, io.EOF, []string{"-a", "all", "--fields", "author"}, "restail: ~ received 2, written 0, filtered 2, broken 0, filter errors 0, queued 0\n"},
		{long, io.EOF, []string{"-q"}, ""},
		{short, io.EOF, nil, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var stderr bytes.Buffer
			Run(t.Context(), append([]string{"replay", "--speed=1"}, test.args...), Env{
				Stdin:  io.MultiReader(strings.NewReader(test.recording), iotest.ErrReader(test.end)),
				Stdout: io.Discard, Stderr: &stderr,
			})
			if stderr.String() != test.want {
				t.Errorf("%q, then %v: stderr says\n%swant\n%s", test.args, test.end, &stderr, test.want)
			}
		})
	}
}

// TestConnections prints the set and judges it.
func TestConnections(t *testing.T) {
	set := func(t *testing.T, frames ...string) string {
		actions := make([]serve.Action, len(frames))
		for i, frame := range frames {
			actions[i].Frame = []byte(frame)
		}
		return chat(t, serve.Options{Actions: actions})
	}
	info := func(id, status string) string {
		return `{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-` + id + `","connectionUuid":"` + id + `","eventSourceId":2,"reason":null,"status":"` + status + `","target":{"owner":{"displayName":"` + id + `","id":"9"}},"userId":1},"timestamp":1740152270}`
	}
	for _, test := range []struct {
		name   string
		frames []string
		status int
		want   string
	}{
		{"all connected", []string{info("a", "connected"), info("b", "connected")}, 0, "twitch    b"},
		{"one connecting", []string{info("a", "connected"), info("b", "connecting")}, 1, "connecting"},
		{"one closed", []string{info("a", "connected"), info("b", "error"), `{"action":"connection_closed","payload":{"connectionUuid":"b","reason":"removed"}}`}, 0, "twitch    a"},
		{"none", []string{}, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := set(t, test.frames...)
			got := restail(t, url, "connections", "--settle", "100ms", "-q")
			if got.status != test.status || !strings.Contains(got.stdout, test.want) {
				t.Errorf("status %d:\n%s%s", got.status, got.stdout, got.stderr)
			}
			records := restail(t, url, "connections", "--settle", "100ms", "-q", "-o", "ndjson")
			if strings.Count(records.stdout, `"action":"connection_info"`) != strings.Count(got.stdout, "twitch ") {
				t.Errorf("the table and the records differ:\n%s%s", got.stdout, records.stdout)
			}
		})
	}
}

// TestUsageErrorsInJSON has everything on stderr in JSON, also what is said
// before the flags are known.
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

// TestConnectionsWhileTheLinkIsDown has the set of a link that was lost, which
// says nothing.
func TestConnectionsWhileTheLinkIsDown(t *testing.T) {
	show := serve.New(serve.Options{Actions: serve.Show()[:1], CloseAtEnd: true})
	defer show.Shutdown(t.Context())
	var sockets atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sockets.Add(1) > 1 {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		show.ServeHTTP(w, r)
	}))
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + serve.Path
	got := restail(t, url, "connections", "--settle", "100ms", "--max-retries", "3", "--max-backoff", "1ms", "-q")
	if got.status != statusGivenUp || got.stdout != "" {
		t.Errorf("status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
}

// TestGone reports a connection that the second socket does not announce, in
// silence too.
func TestGone(t *testing.T) {
	t.Parallel()
	first := serve.New(serve.Options{Actions: serve.Show()[:2], CloseAtEnd: true})
	second := serve.New(serve.Options{Actions: serve.Show()[:1]})
	var sockets atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sockets.Add(1) == 1 {
			first.ServeHTTP(w, r)
		} else {
			second.ServeHTTP(w, r)
		}
	}))
	defer func() {
		first.Shutdown(t.Context())
		second.Shutdown(t.Context())
		server.Close()
	}()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + serve.Path
	got := restail(t, url, "-o", "text", "--max-backoff", "1ms", "-t", "5s")
	if strings.Count(got.stderr, " connected\n") != 3 || !strings.Contains(got.stderr, "gone") {
		t.Errorf("stderr says\n%s", got.stderr)
	}
}

// TestLingering tells of a connection that goes back to connecting and stays
// there, once the flap is no flap any more.
func TestLingering(t *testing.T) {
	info := func(uuid, status string) serve.Action {
		return serve.Action{Frame: []byte(`{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-a","connectionUuid":"` + uuid +
			`","eventSourceId":2,"status":"` + status + `","target":{"owner":{"displayName":"A","id":"9"}}},"timestamp":1740152270}`)}
	}
	flap := []serve.Action{info("1", "connected"), info("1", "connecting"), info("2", "connected")}
	for _, test := range []struct {
		actions []serve.Action
		want    []string
	}{
		{flap, []string{"+ twitch/A connected"}},
		{append(flap, info("2", "connecting")), []string{"+ twitch/A connected", "~ twitch/A connecting"}},
	} {
		t.Run(test.want[len(test.want)-1], func(t *testing.T) {
			t.Parallel()
			got := restail(t, chat(t, serve.Options{Actions: test.actions}), "-o", "text", "-t", "4s")
			want := "restail: + link connected\nrestail: " + strings.Join(test.want, "\nrestail: ") + "\n"
			if got.stderr != want {
				t.Errorf("stderr says\n%swant\n%s", got.stderr, want)
			}
		})
	}
}

// TestNothingIsContacted has wrong usage found before the first byte is sent.
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
