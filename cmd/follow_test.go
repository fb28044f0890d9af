package cmd

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/format"
)

// Every way in which a run ends by itself has its exit status.
func TestEnds(t *testing.T) {
	t.Parallel()
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
		{"link records do not count, nobody listens", "ws://127.0.0.1:1/ws", []string{"--no-reconnect", "-n", "1"}, 4, 2, "given up"},
		{"nobody listens", "ws://127.0.0.1:1/ws", []string{"--no-reconnect"}, 4, 2, "given up"},
		{"nobody listens after a retry", "ws://127.0.0.1:1/ws", []string{"--max-retries=1", "--max-backoff", "1ms"}, 4, 2, "given up"},
		{"nobody listens for the timeout", "ws://127.0.0.1:1/ws", []string{"-t", "1s"}, 4, 1, "--timeout ran out while the link was down"},
		{"nobody listens for the idle time", "ws://127.0.0.1:1/ws", []string{"--idle", "1s"}, 4, 1, "--idle ran out while the link was down"},
		{"nobody listens before the count", "ws://127.0.0.1:1/ws", []string{"-t", "1s", "-n", "1"}, 124, 1, ""},
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

// A run of more than ten seconds ends with a summary line, even if it failed.
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

// The table signal prints the counters of a silent chat, even under -q. A stop signal ends
// the run after a whole line, with a status of its own.
func TestSignalsInASilentChat(t *testing.T) {
	t.Parallel()
	url := chat(t, serve.Options{Actions: serve.Show()[:20]})
	for _, test := range []struct {
		signal os.Signal
		status int
	}{{syscall.SIGHUP, 129}, {syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
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
		status := Run(t.Context(), []string{"-q"}, Env{
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

// A second signal ends a run whose stdout is blocked.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
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

// A run ends at once when the reader of stdout goes away, even if the chat is silent, and
// even if the reader went away before the start.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
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

// slowWriter takes that long for every write.
type slowWriter time.Duration

func (w slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(w))
	return len(p), nil
}

// A run that is to end waits until the reader of stdout has taken nothing for two
// seconds. Then it ends, and says how many lines were not written.
func TestBlockedStdout(t *testing.T) {
	show, err := os.ReadFile("testdata/mixed.raw")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args    []string
		signals []time.Duration // when SIGTERM comes
		pause   time.Duration   // in every write
		status  int             // -1 if Exit is not called
		after   time.Duration
	}{
		"timeout":                  {[]string{"-t", "5s"}, nil, time.Hour, statusDone, 7 * time.Second},
		"idle with a count":        {[]string{"--idle", "5s", "-n", "9999"}, nil, time.Hour, statusTimeout, 7 * time.Second},
		"signal":                   {nil, []time.Duration{5 * time.Second}, time.Hour, 143, 7 * time.Second},
		"second signal":            {nil, []time.Duration{5 * time.Second, 6 * time.Second}, time.Hour, 143, 6 * time.Second},
		"a signal after a timeout": {[]string{"-t", "5s"}, []time.Duration{6 * time.Second}, time.Hour, 143, 6 * time.Second},
		"a reader that is slow":    {[]string{"-t", "5s", "-f", `"x" * 5000, "x" * 9000`}, nil, time.Second, -1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				status, start := -1, time.Now()
				signals := make(chan os.Signal)
				for _, at := range test.signals {
					time.AfterFunc(at, func() { signals <- syscall.SIGTERM })
				}
				var stderr syncBuffer
				var once sync.Once // Run goes on, because the process does not end
				said := false
				Run(t.Context(), append([]string{"replay", "-q", "-"}, test.args...), Env{
					Stdin: strings.NewReader(strings.Repeat(string(show), 20)), Stdout: slowWriter(test.pause), Stderr: &stderr,
					Signals: signals,
					Exit: func(s int) {
						once.Do(func() {
							status, said = s, strings.Contains(stderr.String(), " lines were not written")
							if got := time.Since(start); got < test.after || got > test.after+lastWriteTimeout+watchEvery {
								t.Errorf("it ended after %v", got)
							}
						})
					},
				})
				if status != test.status {
					t.Errorf("exit with %d", status)
				}
				// A signal ends the wait at once.
				if want := test.status >= 0 && test.after == 7*time.Second; said != want {
					t.Errorf("says how many lines were not written: %v\n%s", said, stderr.String())
				}
			})
		})
	}
}

// A reader that is slow again and again is reported once.
func TestBufferReporter(t *testing.T) {
	var stderr bytes.Buffer
	status := format.NewStatus(&stderr, format.StatusText, time.Now)
	var reporter bufferReporter
	now := time.Now()
	check := func(full bool, after time.Duration) {
		now = now.Add(after)
		reporter.check(status, session.Stats{Full: full}, now)
	}
	for range 100 {
		check(true, time.Second)
		check(false, time.Second)
	}
	check(false, caughtUpAfter)
	check(true, time.Second)
	check(false, time.Hour)
	check(false, time.Hour)
	if paused, again := strings.Count(stderr.String(), "reading from the socket pauses"), strings.Count(stderr.String(), "reading from the socket continues"); paused != 2 || again != 2 {
		t.Errorf("stderr is\n%s", &stderr)
	}
}
