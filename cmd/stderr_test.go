package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restail/restail/format"
)

// slowReader takes one write for each value that it receives.
type slowReader struct {
	reads chan struct{}
	mu    sync.Mutex
	taken bytes.Buffer
}

func newSlowReader() *slowReader { return &slowReader{reads: make(chan struct{})} }

func (r *slowReader) Write(p []byte) (int, error) {
	<-r.reads
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken.Write(p)
}

func (r *slowReader) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken.String()
}

// wake makes the reader take every write.
func (r *slowReader) wake() { close(r.reads) }

func newTestStderr(w io.Writer, mode format.StatusMode) (*stderr, *format.Status) {
	s := newStderr(w)
	status := format.NewStatus(s, mode, func() time.Time { return time.Unix(1740152273, 0) })
	s.setStatus(status)
	return s, status
}

// If the reader reads, a line or a prompt is written when Write returns, so that lines of
// stdout come after it.
func TestStderrIsWrittenWhenWriteReturns(t *testing.T) {
	var out bytes.Buffer
	s, _ := newTestStderr(&out, format.StatusText)
	want := ""
	for n := range 1000 {
		part := fmt.Sprint("part ", n, ": ")
		io.WriteString(s, part)
		if want += part; out.String() != want {
			t.Fatalf("%q is not written, or not after the parts before it", part)
		}
	}
}

// A reader that stops delays one line. It delays another one only after it has caught up.
func TestStderrDelaysOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := newSlowReader()
		s, _ := newTestStderr(reader, format.StatusText)
		write := func(want time.Duration) {
			t.Helper()
			start := time.Now()
			io.WriteString(s, "line\n")
			if took := time.Since(start); took != want {
				t.Errorf("a line took %v, want %v", took, want)
			}
		}
		for range 2 {
			write(stderrWait)
			write(0)
			reader.reads <- struct{}{}
			synctest.Wait()
			write(0)
			reader.reads <- struct{}{}
			reader.reads <- struct{}{}
			synctest.Wait()
		}
		reader.wake()
		write(0)
	})
}

// The error that ends the run is written even where writing takes long.
func TestLastErrorIsWritten(t *testing.T) {
	t.Parallel()
	reader := newSlowReader()
	time.AfterFunc(4*stderrWait, reader.wake)
	status := Run(t.Context(), []string{"replay", "nothing.raw"}, Env{Stderr: reader})
	if got := reader.String(); status != statusUsage || !strings.Contains(got, "cannot read nothing.raw") {
		t.Errorf("status %d, %q", status, got)
	}
}

// When nobody reads, the oldest lines are dropped, and no caller waits. The error that
// ends the run is written when the reader reads again.
func TestStderrDropsOldLines(t *testing.T) {
	for _, test := range []struct {
		mode         format.StatusMode
		notice, last string
	}{
		{format.StatusText, "restail: ~ %d status lines were dropped: nobody read stderr\n", "restail: the end\n"},
		{format.StatusJSON, `{"time":"2025-02-21T15:37:53Z","kind":"summary","message":"%[1]d status lines were dropped: nobody read stderr","dropped":%[1]d}` + "\n",
			`{"time":"2025-02-21T15:37:53Z","kind":"error","message":"the end"}` + "\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			reader := newSlowReader()
			s, status := newTestStderr(reader, test.mode)
			const lines = 1000
			for n := range lines {
				status.Note("link", fmt.Sprint(n, strings.Repeat("x", 1000)))
			}
			status.Error("the end", "")
			if s.size > stderrBytes {
				t.Errorf("%d bytes wait", s.size)
			}
			reader.wake()
			s.flush(time.Minute)
			got := strings.SplitAfter(reader.String(), "\n")
			dropped := lines + 1 - (len(got) - 2)
			if dropped <= 0 || got[1] != fmt.Sprintf(test.notice, dropped) {
				t.Errorf("%s: %d lines are missing, and the second line is %q", test.mode, dropped, got[1])
			}
			if got[len(got)-2] != test.last {
				t.Errorf("%s: the last line is %q", test.mode, got[len(got)-2])
			}
			for i, line := range got[2 : len(got)-2] {
				if want := fmt.Sprint(dropped+1+i, "x"); !strings.Contains(line, want) {
					t.Fatalf("%s: line %d is not that of %s", test.mode, i+2, want)
				}
			}
		})
	}
}

// A line that is larger than the queue is not dropped. The caller can reuse its buffer.
func TestStderrTakesAHugeLine(t *testing.T) {
	reader := newSlowReader()
	s, _ := newTestStderr(reader, format.StatusText)
	want := strings.Repeat("x", 3*stderrBytes) + "\n"
	line := []byte(want)
	s.Write(line)
	clear(line)
	reader.wake()
	s.flush(time.Minute)
	if reader.String() != want {
		t.Errorf("%d bytes came out, or others", len(reader.String()))
	}
}

func TestStderrFlushWaitsForAReaderThatReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := newSlowReader()
		s, _ := newTestStderr(reader, format.StatusText)
		long := strings.Repeat("x", 3*stderrChunk) + "\n"
		for range 3 {
			io.WriteString(s, long)
		}
		start := time.Now()
		s.flush(2 * time.Second)
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("waited %v for a reader that takes nothing", waited)
		}
		go func() {
			for range 12 {
				time.Sleep(1900 * time.Millisecond) // fake time
				reader.reads <- struct{}{}
			}
		}()
		start = time.Now()
		s.flush(2 * time.Second)
		if waited := time.Since(start); waited != 12*1900*time.Millisecond || reader.String() != strings.Repeat(long, 3) {
			t.Errorf("waited %v, and %d bytes came out", waited, len(reader.String()))
		}
	})
}

func TestStderrIgnoresWriteErrors(t *testing.T) {
	s, status := newTestStderr(goneReader{}, format.StatusText)
	for range 10_000 {
		status.Note("link", "line")
	}
	s.flush(time.Minute)
	if s.writing || len(s.queue) > 0 {
		t.Errorf("%d lines wait", len(s.queue))
	}
}

type goneReader struct{}

func (goneReader) Write([]byte) (int, error) { return 0, errors.New("nobody is there") }

func TestLineSplitter(t *testing.T) {
	for _, test := range []struct{ written, want []string }{
		{[]string{"one\ntwo\n"}, []string{"one", "two"}},
		{[]string{"o", "ne\n\n \ntw", "o\nrest"}, []string{"one", "two"}},
		{[]string{"Client id: ", "\n", "no id\n"}, []string{"Client id: ", "no id"}},
		{[]string{"first\nPaste it here: ", "done\n"}, []string{"first", "Paste it here: ", "done"}},
		{[]string{"warning: ", "all is lost\n"}, []string{"warning: ", "all is lost"}},
	} {
		var got []string
		n := lineSplitter{emit: func(line string) { got = append(got, line) }}
		for _, part := range test.written {
			if m, err := n.Write([]byte(part)); m != len(part) || err != nil {
				t.Errorf("Write(%q) = %d, %v", part, m, err)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q gives %q, want %q", test.written, got, test.want)
		}
	}
}

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

// Each message is shown once, and so is the line that there are too many.
func TestFilterErrors(t *testing.T) {
	var out bytes.Buffer
	status := format.NewStatus(&out, format.StatusText, time.Now)
	var f filterErrors
	for range 2 {
		for n := range maxFilterErrors + 2 {
			f.report(status, strconv.Itoa(n), nil)
		}
	}
	lines := strings.SplitAfter(out.String(), "\n")
	if len(lines) != maxFilterErrors+2 || lines[maxFilterErrors-1] != "restail: ! filter: 999\n" ||
		lines[maxFilterErrors] != "restail: ! filter: too many different errors to show: from here on they are only counted\n" {
		t.Errorf("%d lines, the last of them\n%s", len(lines)-1, strings.Join(lines[len(lines)-3:], ""))
	}
	if len(f.shown) != maxFilterErrors {
		t.Errorf("%d messages are kept", len(f.shown))
	}
}

// A message can quote a frame of 16 MiB, but it is not kept.
func TestFilterErrorsKeepNoMessages(t *testing.T) {
	const size, count = 1 << 20, 64
	status := format.NewStatus(io.Discard, format.StatusText, time.Now)
	var f filterErrors
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for n := range count {
		f.report(status, strconv.Itoa(n)+strings.Repeat("x", size), nil)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > size*count/2 {
		t.Errorf("%d bytes are kept of %d messages", kept, len(f.shown))
	}
}
