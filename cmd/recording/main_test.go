package recording

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/restail/restail/decode"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("RECORDING_CHILD"); dir != "" {
		os.Exit(child(dir))
	}
	goleak.VerifyTestMain(m)
}

const (
	event     = `{"action":"event","payload":{},"timestamp":1740152273}`
	heartbeat = `{"action":"heartbeat"}`
)

// info returns a connection_info of the connection of that name.
func info(name, status string) string {
	return fmt.Sprintf(`{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-%s","connectionUuid":"u-%[1]s","eventSourceId":2,"reason":null,"status":"%s","target":{},"userId":1},"timestamp":1740152273}`, name, status)
}

// closed returns the connection_closed of that connection.
func closed(name string) string {
	return fmt.Sprintf(`{"action":"connection_closed","payload":{"connectionUuid":"u-%s","reason":"removed"},"timestamp":1740152273}`, name)
}

const (
	restored = `{"restail":"link","time":"2026-11-28T19:30:00Z","status":"restored","gap_seconds":4.2,"attempt":1}`
	sameLink = `{"restail":"link","time":"2026-11-28T19:30:00Z","status":"restored","gap_seconds":4.2,"attempt":1,"same":true}`
)

// batch returns frames as Writer.Frames takes them.
func batch(frames ...string) (data []byte, ends, changes []int) {
	var parser decode.Parser
	var action decode.Action
	for n, frame := range frames {
		data = append(data, frame...)
		ends = append(ends, len(data))
		if parser.Parse(&action, []byte(frame)) == nil && action.ChangesConnections() {
			changes = append(changes, n)
		}
	}
	return data, ends, changes
}

// send records frames; one of restail's own lines goes to Own.
func send(w *Writer, frames ...string) {
	for _, frame := range frames {
		if strings.HasPrefix(frame, `{"restail"`) {
			w.Own(time.Now(), []byte(frame+"\n"))
			continue
		}
		data, ends, changes := batch(frame)
		w.Frames(time.Now(), data, ends, changes)
		clear(data) // the Writer has a copy
	}
}

// open opens a Writer for a test in which nothing fails.
func open(t *testing.T, layout string) *Writer {
	t.Helper()
	w, err := Open(Options{Layout: layout, Location: time.UTC, Warn: func(err error) { t.Errorf("a warning: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func closeWriter(t *testing.T, w *Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// contents returns the readable text of a recording, also of an incomplete gzip member.
func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		data, _ = unzip(data)
	}
	return string(data)
}

// unzip returns what can be read, and the error that ends it.
func unzip(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// checkWhole checks that gunzip reads the file.
func checkWhole(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil && strings.HasSuffix(path, ".gz") {
		_, err = unzip(data)
	}
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(path), err)
	}
}

func want(t *testing.T, path string, lines ...string) {
	t.Helper()
	got, want := contents(t, path), strings.Join(append(lines, ""), "\n")
	if got != want {
		t.Errorf("%s has\n%.3000s\nwant\n%.3000s", filepath.Base(path), got, want)
	}
}

func zipped(text string) []byte {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, err := io.WriteString(zip, text)
	if err := errors.Join(err, zip.Close()); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// both runs a test with a plain file and with a compressed one.
func both(t *testing.T, test func(t *testing.T, path string)) {
	for _, name := range []string{"show.raw", "show.raw.gz"} {
		t.Run(name, func(t *testing.T) { test(t, filepath.Join(t.TempDir(), name)) })
	}
}
