package cmd

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/format"
)

func TestBrokenFrames(t *testing.T) {
	var out bytes.Buffer
	status := format.NewStatus(&out, format.StatusNone, time.Now)
	var b brokenFrames
	now := time.Unix(1740152273, 0)
	report := func(n int, every time.Duration) {
		for range n {
			b.report(status, errors.New("not JSON"), []byte("x"), now)
			now = now.Add(every)
		}
	}
	told := func(what string, want ...string) {
		t.Helper()
		if got := out.String(); got != strings.Join(want, "") {
			t.Errorf("%s: got\n%swant\n%s", what, got, strings.Join(want, ""))
		}
		out.Reset()
	}
	shown := strings.Repeat("restail: ! frame skipped: not JSON: x\n", 100)

	report(100, time.Hour)
	told("the first hundred", shown)
	report(60_000, time.Millisecond)
	told("within a minute")
	report(1, 0)
	told("after a minute", "restail: ! 60001 more broken frames skipped\n")
	report(600_001, time.Millisecond)
	told("ten minutes later", "restail: ! 60001 more broken frames skipped\n",
		strings.Repeat("restail: ! 60000 more broken frames skipped\n", 9))
	report(5, time.Millisecond)
	b.flush(status)
	told("the end", "restail: ! 5 more broken frames skipped\n")
	b.flush(status)
	told("nothing is left")
}
