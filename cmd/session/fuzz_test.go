package session

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode"
)

// A recording is its lines, wherever its reads end.
func FuzzRecording(f *testing.F) {
	f.Add([]byte("{\"action\":\"a\"}\n[]\r\n\n \n{\"action\":\"b\"}"), 7, 3)
	f.Add([]byte(strings.Repeat("x", 300)+"\n{}"), 100, 50)
	f.Add([]byte("\x00\x00{\"action\":\"a\"}\n\xef\xbb\xbf{\"action\":\"b\"}\n"), 122, 3)
	f.Add([]byte(`{"restail":"link","status":"lost"}`+"\n"+`{"time":"2026-01-02T03:04:05Z","action":"event"}`+"\n"+`{"restail":"history","message":{}}`), 122, 3)
	f.Fuzz(func(t *testing.T, data []byte, limit, step int) {
		if limit < 1 || step < 1 || bytes.HasPrefix(data, []byte("\x1f\x8b")) {
			return
		}
		var want []string
		found := false
		for n, line := range strings.Split(string(data), "\n") {
			line = trimmed(strings.TrimSuffix(line, "\r"))
			switch {
			case len(line) > limit:
				want = append(want, (&TooLongError{"", n + 1, limit}).Error())
			case strings.Trim(line, " \t\r") != "":
				kind := kindOf([]byte(line))
				found = found || kind != "broken"
				want = append(want, kind)
			}
		}
		l := replayed(t, ReplayOptions{Files: file(&stepReader{data, step}), MaxFrame: limit})
		if errors.As(l.err, new(*recording.FormatError)) {
			return
		}
		if !slices.Equal(l.lines, want) || found && l.err != nil || !found && !errors.Is(l.err, ErrNoActions) && !errors.Is(l.err, ErrEmpty) {
			t.Errorf("%q and %v, want %q", l.lines, l.err, want)
		}
	})
}

// trimmed removes what may stand before a line.
func trimmed(line string) string {
	for before := ""; line != before; {
		before = line
		line = strings.TrimPrefix(strings.TrimLeft(line, "\x00"), "\ufeff")
	}
	return line
}

// kindOf returns the line of a log for a line of a recording.
func kindOf(line []byte) string {
	var parser decode.Parser
	var lines recording.LineParser
	var a decode.Action
	item := Item{Broken: parser.Parse(&a, line)}
	if item.Broken == nil {
		item.Action = &a
		if l := lines.Record(line, time.Time{}); l != nil && !a.HasPayload() {
			item = Item{Line: l}
		}
	} else if l := lines.Own(line, time.Time{}); l != nil {
		item = Item{Line: l}
	}
	if item.Line != nil && string(item.Line.Action()) == "link" {
		item.Link = linkOf(item.Line)
	}
	var l log
	l.add(item)
	return l.last()
}

// stepReader reads a number of bytes at once.
type stepReader struct {
	rest []byte
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.step, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}
