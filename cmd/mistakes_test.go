package cmd

import (
	"bytes"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/format"
)

// Each message is shown once, and that there are too many of them once too.
func TestMistakes(t *testing.T) {
	var out bytes.Buffer
	status := format.NewStatus(&out, format.StatusText, time.Now)
	var m mistakes
	for range 2 {
		for n := range maxMistakes + 2 {
			m.show(status, strconv.Itoa(n), nil)
		}
	}
	lines := strings.SplitAfter(out.String(), "\n")
	if len(lines) != maxMistakes+2 || lines[maxMistakes-1] != "restail: ! filter: 999\n" ||
		lines[maxMistakes] != "restail: ! filter: too many different errors to show: from here on they are only counted\n" {
		t.Errorf("%d lines, the last of them\n%s", len(lines)-1, strings.Join(lines[len(lines)-3:], ""))
	}
	if len(m.shown) != maxMistakes {
		t.Errorf("%d messages are kept", len(m.shown))
	}
}

// A message can quote a frame of 16 MiB: what is remembered of it is small.
func TestMistakesKeepNoMessages(t *testing.T) {
	const size, count = 1 << 20, 64
	status := format.NewStatus(io.Discard, format.StatusText, time.Now)
	var m mistakes
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for n := range count {
		m.show(status, strconv.Itoa(n)+strings.Repeat("x", size), nil)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > size*count/2 {
		t.Errorf("%d bytes are kept of %d messages", kept, len(m.shown))
	}
}
