//go:build linux && amd64

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// A scenario is one run of restail, and what must be true afterwards.
type scenario struct {
	name string
	run  func(t *trial) error
}

var scenarios = []scenario{
	{"live", func(t *trial) error { return t.live("chat.raw") }},
	{"live.gz", func(t *trial) error { return t.live("chat.raw.gz") }},
	{"replay.gz", (*trial).replay},
	{"refresh", (*trial).refresh},
	{"backfill", (*trial).backfill},
}

// A trial is one run of a scenario, with or without a fault.
type trial struct {
	program string
	fault   *fault // nil for none
	folder  string // the working directory of restail
	result  *result
	problem string // the first one; empty for none
}

// fail notes a problem.
func (t *trial) fail(format string, args ...any) {
	if t.problem == "" {
		t.problem = fmt.Sprintf(format, args...)
	}
}

// run runs the scenario in a new folder. The error is about the test, not about restail.
func (t *trial) run(s scenario) error {
	folder, err := os.MkdirTemp("", "torture")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	t.folder = folder
	return s.run(t)
}

// restail runs the program with the fault, and checks what must be true of every run.
func (t *trial) restail(environ []string, args ...string) error {
	r, err := runWith(t.folder, environ, t.fault, true, append([]string{t.program}, args...)...)
	if err != nil {
		return err
	}
	t.result = r
	for _, sign := range []string{"panic:", "fatal error:", "goroutine "} {
		if strings.Contains(r.stderr, sign) {
			t.fail("restail crashes or hangs: %s", r.stderr)
		}
	}
	if r.hangs {
		t.fail("restail hangs")
	}
	if r.stdout != "" && !strings.HasSuffix(r.stdout, "\n") {
		t.fail("stdout ends in the middle of a line: %q", r.stdout[max(0, len(r.stdout)-80):])
	}
	if strings.Contains(r.stderr, "S3cret") {
		t.fail("stderr has a secret: %s", r.stderr)
	}
	stderrFails := t.fault != nil && t.fault.target == "stderr"
	if !stderrFails && r.stderr != "" && !strings.HasSuffix(r.stderr, "\n") {
		t.fail("stderr ends in the middle of a line: %q", r.stderr)
	}
	if !stderrFails && r.status != 0 && r.status != 124 && !strings.Contains(r.stderr, "restail: ") {
		t.fail("status %d without an error message", r.status)
	}
	return nil
}

// again runs the program once more, without a fault.
func (t *trial) again(environ []string, args ...string) (*result, error) {
	return runWith(t.folder, environ, nil, false, append([]string{t.program}, args...)...)
}

func (t *trial) file(name string) string { return filepath.Join(t.folder, name) }

// The chat has that many actions, and breaks the connection after each perSocket of them.
const (
	actions   = 60
	perSocket = 20
)

// action returns action n, whose text is its number.
func action(n int) string {
	return fmt.Sprintf(`{"action":"event","payload":{"eventPayload":{"text":"%d"},"padding":"%0200d"},"timestamp":1740152273}`, n, 0)
}

// chat is a chat service. It sends each action once, over whichever socket is connected.
type chat struct {
	mu   sync.Mutex
	next int // the action to send next
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer socket.CloseNow()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.next < actions {
		if err := socket.Write(r.Context(), websocket.MessageText, []byte(action(c.next))); err != nil {
			return
		}
		if c.next++; c.next%perSocket == 0 && c.next < actions {
			return
		}
	}
	socket.Read(r.Context()) // until the client leaves
}

// live follows and records a chat whose connection breaks twice.
func (t *trial) live(recording string) error {
	server := httptest.NewServer(&chat{})
	defer server.Close()
	defer server.CloseClientConnections()
	environ := []string{"RESTREAM_ACCESS_TOKEN=S3cret"}
	err := t.restail(environ, "-o", "raw", "-a", "all", "-w", recording, "--state", "state", "--url", "ws"+strings.TrimPrefix(server.URL, "http"),
		"-n", strconv.Itoa(actions), "--idle", "1s", "--max-backoff", "10ms")
	if err != nil {
		return err
	}
	got := t.count("stdout", t.result.stdout)
	if t.result.status == 0 && got.frames != actions {
		t.fail("status 0 with %d actions", got.frames)
	}
	recorded := counted{}
	if text, err := read(t.file(recording)); err == nil {
		recorded = t.count("the recording", text)
	} else if t.result.status != 2 {
		t.fail("the recording cannot be read: %v", err)
	}
	if t.result.status != 2 && recorded.next < got.next {
		t.fail("stdout has the actions before %d, the recording has those before %d or reports them as unrecorded: %s", got.next, recorded.next, t.result.stderr)
	}
	// The next run must be able to go on with the recording and the state.
	next, err := t.again(environ, "-w", recording, "--state", "state", "--no-reconnect", "--url", "ws://127.0.0.1:1")
	if err == nil && next.status != 4 {
		t.fail("the next run ends with status %d: %s", next.status, next.stderr)
	}
	return err
}

// read returns the text of a recording.
func read(name string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".gz") || len(data) == 0 {
		return string(data), err
	}
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(zip)
	return string(text), err
}

// counted is the result of count: the number of frames, and the number of the action that
// would come next.
type counted struct{ frames, next int }

// count checks that each line is an action or one of restail's own, and that the actions
// are in order. None may be missing, except where a line reports unrecorded actions, and
// where the connection was down.
func (t *trial) count(what, text string) counted {
	var c counted
	broken := false // the connection broke after the last action
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.fail("%s ends in the middle of a line", what)
	}
	for line := range strings.Lines(text) {
		var known struct {
			Restail string
			Actions int
			Payload struct{ EventPayload struct{ Text string } }
		}
		if err := json.Unmarshal([]byte(line), &known); err != nil {
			t.fail("%s has a line that is not JSON: %q", what, line)
		}
		if known.Restail != "" {
			broken = broken || known.Restail == "link"
			c.next += known.Actions
			continue
		}
		n, err := strconv.Atoi(known.Payload.EventPayload.Text)
		if err != nil || line != action(n)+"\n" || n < c.next || n > c.next && !broken {
			t.fail("%s: unexpected line after action %d: %.300s", what, c.next-1, line)
		}
		c.frames++
		c.next, broken = n+1, false
	}
	return c
}

// replay replays a gzipped recording.
func (t *trial) replay() error {
	var text, zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	for n := range 2000 {
		fmt.Fprintln(io.MultiWriter(&text, zip), action(n))
	}
	zip.Close()
	if err := os.WriteFile(t.file("chat.raw.gz"), zipped.Bytes(), 0o666); err != nil {
		return err
	}
	if err := t.restail(nil, "replay", "chat.raw.gz", "-o", "raw"); err != nil {
		return err
	}
	if !strings.HasPrefix(text.String(), t.result.stdout) {
		t.fail("stdout does not begin as the recording does")
	}
	if t.result.status == 0 && t.result.stdout != text.String() {
		t.fail("status 0 with %d bytes of %d", len(t.result.stdout), text.Len())
	}
	return nil
}

// backfill has restail demo lose its connection and fill the gap.
func (t *trial) backfill() error {
	if err := t.restail(nil, "demo", "--speed=max", "--outage=30s", "--backfill", "-a", "event,link", "-w", "demo.raw"); err != nil {
		return err
	}
	whole, err := t.again(nil, "demo", "--speed=max", "-a", "event", "-q")
	if err != nil {
		return err
	}
	got, links := t.messages(t.result.stdout)
	all, _ := t.messages(whole.stdout)
	if t.result.status == 0 && links == "connected lost restored filled " && len(got) < len(all) {
		t.fail("status 0, %s: %d different messages of %d", links, len(got), len(all))
	}
	if _, err := os.Stat(t.file("demo.raw")); err != nil {
		return nil // restail could not create it
	}
	replay, err := t.again(nil, "replay", "demo.raw", "-a", "event,link", "-q")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(replay.stdout, t.result.stdout) && t.result.status == 0 {
		t.fail("status 0, and the replay of the recording is not what stdout got: %s", replay.stderr)
	}
	return nil
}

// messages returns the set of messages that the records have, and the statuses of the link
// records, each followed by a blank.
func (t *trial) messages(records string) (messages map[string]bool, links string) {
	messages = map[string]bool{}
	for line := range strings.Lines(records) {
		var known struct{ Action, Platform, Author, Text, Status string }
		if err := json.Unmarshal([]byte(line), &known); err != nil {
			t.fail("stdout has a line that is not JSON: %q", line)
		}
		if known.Action == "link" {
			links += known.Status + " "
		} else {
			messages[known.Platform+" "+known.Author+" "+known.Text] = true
		}
	}
	return messages, links
}
