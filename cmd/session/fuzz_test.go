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

// scanAll is a headerScanner for bytes that are all there.
func scanAll(p []byte, limit int64) (int, error) {
	message := int64(0)
	for n := 0; ; {
		head := p[n:]
		if len(head) < 2 {
			return len(p), nil
		}
		length, size := uint64(head[1]&0x7f), 2
		switch length {
		case 126:
			size = 4
		case 127:
			size = 10
		}
		if len(head) < size {
			return len(p), nil
		}
		if size > 2 {
			length = 0
			for _, b := range head[2:size] {
				length = length<<8 | uint64(b)
			}
			length &^= 1 << 63
		}
		if head[1] >= 0x80 {
			return n + size - 1, errMasked
		}
		if opcode := head[0] & 0x0f; opcode < 8 {
			if opcode > 0 {
				message = 0
			}
			if length > uint64(limit-message) {
				return n + size - 1, errTooLarge
			}
			message += int64(length)
		}
		if length > uint64(len(p)-n-size) {
			return len(p), nil
		}
		n += size + int(length)
	}
}

// The scanner finds the same in pieces of any size as in one piece.
func FuzzHeaders(f *testing.F) {
	f.Add(appendMessages(nil, "a", "b"), int64(100), 1)
	f.Add(appendFrame(appendFrame(nil, textFragment, "abc"), lastFragment, "def"), int64(5), 2)
	f.Add(appendFrame(nil, pingFrame, strings.Repeat("x", 300)), int64(10), 3)
	f.Add([]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, int64(10), 4)
	f.Add([]byte{0x81, 0x83, 1, 2, 3, 4, 5, 6, 7}, int64(10), 5)
	f.Fuzz(func(t *testing.T, data []byte, limit int64, step int) {
		if limit < 1 || step < 1 {
			return
		}
		want, wantErr := scanAll(data, limit)
		h := headerScanner{limit: limit}
		n, err := 0, error(nil)
		for piece := range slices.Chunk(data, step) {
			var fine int
			if fine, err = h.scan(piece); fine > len(piece) || err == nil && fine < len(piece) {
				t.Fatalf("%d bytes of %d are fine, and then %v", fine, len(piece), err)
			}
			if n += fine; err != nil {
				break
			}
		}
		if n != want || !errors.Is(err, wantErr) {
			t.Errorf("%d bytes are fine, and then %v; want %d and %v", n, err, want, wantErr)
		}
	})
}
