package cmd

import (
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTimeIsUpThoughStdoutIsStuck ends the process some time after --timeout or
// --idle, but waits for a reader that is only slow.
func TestTimeIsUpThoughStdoutIsStuck(t *testing.T) {
	show, err := os.ReadFile("testdata/mixed.raw")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args   []string
		pause  time.Duration // of every write
		status int           // of the exit; -1 for none
		after  time.Duration
	}{
		{[]string{"-t", "5s"}, time.Hour, statusDone, 5*time.Second + stuckAfter},
		{[]string{"--idle", "5s", "-n", "99"}, time.Hour, statusTimeout, 5*time.Second + stuckAfter},
		{[]string{"-t", "5s", "-f", `"x" * 5000, "x" * 9000`}, stuckAfter - time.Second, -1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			status, start := -1, time.Now()
			Run(t.Context(), append([]string{"replay", "-q", "-"}, test.args...), Env{
				Stdin: strings.NewReader(strings.Repeat(string(show), 20)), Stdout: slowWriter(test.pause), Stderr: io.Discard,
				Exit: func(s int) {
					status = s
					if got := time.Since(start); got != test.after {
						t.Errorf("%q: it ended after %v", test.args, got)
					}
				},
			})
			if status != test.status {
				t.Errorf("%q: exit with %d", test.args, status)
			}
		})
	}
}

// slowWriter takes so long for every write.
type slowWriter time.Duration

func (w slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(w))
	return len(p), nil
}
