package cmd

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/format"
)

// slowWriter takes so long for every write.
type slowWriter time.Duration

func (w slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(w))
	return len(p), nil
}

// TestNobodyTakesTheLines ends a run that is to end two seconds after the
// reader of stdout last took something, and says what was not written.
func TestNobodyTakesTheLines(t *testing.T) {
	show, err := os.ReadFile("testdata/mixed.raw")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args    []string
		signals []time.Duration // when SIGTERM comes
		pause   time.Duration   // of every write
		status  int             // of the exit; -1 for none
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
				var once sync.Once // the test goes on where the process would have ended
				said := false
				Run(t.Context(), append([]string{"replay", "-q", "-"}, test.args...), Env{
					Stdin: strings.NewReader(strings.Repeat(string(show), 20)), Stdout: slowWriter(test.pause), Stderr: &stderr,
					Signals: signals,
					Exit: func(s int) {
						once.Do(func() {
							status, said = s, strings.Contains(stderr.String(), " lines were not written")
							if got := time.Since(start); got < test.after || got > test.after+lastWrite+watchEvery {
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

// TestBufferNotes tells of a reader that stops and goes once.
func TestBufferNotes(t *testing.T) {
	var said bytes.Buffer
	r := &run{}
	r.status = format.NewStatus(&said, format.StatusText, time.Now)
	var notes bufferNotes
	now := time.Now()
	look := func(full bool, after time.Duration) {
		now = now.Add(after)
		notes.look(r, session.Stats{Full: full}, now)
	}
	for range 100 {
		look(true, time.Second)
		look(false, time.Second)
	}
	look(false, caughtUp)
	look(true, time.Second)
	look(false, time.Hour)
	look(false, time.Hour)
	if paused, again := strings.Count(said.String(), "reading from the socket pauses"), strings.Count(said.String(), "the socket is read again"); paused != 2 || again != 2 {
		t.Errorf("stderr says\n%s", &said)
	}
}

// TestSignalsThatEndARun has the status of each.
func TestSignalsThatEndARun(t *testing.T) {
	for _, test := range []struct {
		signal os.Signal
		status int
	}{{syscall.SIGHUP, 129}, {syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		signals := make(chan os.Signal, 1)
		signals <- test.signal
		stdin, quiet := io.Pipe()
		if status := Run(t.Context(), []string{"replay"}, Env{Stdin: stdin, Stdout: io.Discard, Stderr: io.Discard, Signals: signals}); status != test.status {
			t.Errorf("%v: status %d", test.signal, status)
		}
		quiet.Close() // for the read that was left behind
	}
}
