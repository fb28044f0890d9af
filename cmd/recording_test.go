package cmd

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// The replay of a recording with an outage gives the output of the live run, in every
// format.
func TestReplayOfAnOutage(t *testing.T) {
	t.Parallel()
	for i, args := range [][]string{
		{}, {"-a", "all"}, {"-o", "raw"}, {"-o", "raw", "-a", "all"}, {"-o", "text", "--time", "utc"},
		{"-a", "event,link", "-f", "{action, text, gap_seconds}"}, {"-p", "twitch", "--fields", "author,status"},
	} {
		file := filepath.Join(t.TempDir(), []string{"show.raw", "show.raw.gz"}[i%2])
		live := restail(t, "", append([]string{"demo", "-q", "--speed", "max", "--outage", "4s", "-w", file}, args...)...)
		replay := restail(t, "", append([]string{"replay", "-q", file}, args...)...)
		if live.status != statusDone || replay.status != statusDone || live.stdout != replay.stdout {
			t.Errorf("%v: status %d and %d; %s\n%s%s", args, live.status, replay.status, firstDifference(live.stdout, replay.stdout), live.stderr, replay.stderr)
		}
	}
}

// A second run appends to the recording, which then states the gap between the runs.
func TestRecordingIsAppendedTo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "show.raw")
	for range 2 {
		if got := restail(t, "", "demo", "-q", "--speed", "max", "-w", file); got.status != statusDone {
			t.Fatalf("status %d: %s", got.status, got.stderr)
		}
	}
	got := restail(t, "", "check", "-o", "ndjson", file)
	var checked struct{ Actions, Gaps int }
	if err := json.Unmarshal([]byte(got.stdout), &checked); err != nil || got.status != statusFailed || checked.Gaps != 1 || checked.Actions != 2*len(serve.Show()) {
		t.Errorf("status %d, %s", got.status, got.stdout)
	}
}

func TestUnwritableRecording(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain.gz")
	if err := os.WriteFile(plain, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"-", folder, plain, "/dev/null", "/proc/nothing/show.raw", filepath.Join(folder, "%Q", "show.raw"), filepath.Join(folder, "100%")} {
		got := restail(t, "ws://127.0.0.1:1/ws", "-w", file, "--no-reconnect")
		if got.status != statusUsage || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: status %d\n%s%s", file, got.status, got.stdout, got.stderr)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("files were created: %v, %v", files, err)
	}
}

// Only a layout needs the time zone.
func TestRecordingWithoutTimeZone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "show.raw")
	got := runWith(t, "", []string{"TZ=nowhere"}, []string{"demo", "-q", "--speed", "max", "-w", file})
	if got.status != statusDone {
		t.Errorf("%s: status %d\n%s", file, got.status, got.stderr)
	}
	if got := runWith(t, "", []string{"TZ=nowhere"}, []string{"demo", "-q", "--speed", "max", "-w", file + "%H"}); got.status != statusUsage {
		t.Errorf("%s%%H: status %d\n%s", file, got.status, got.stderr)
	}
}

// SIGHUP closes and reopens the recording: a renamed file is complete, and the next one
// begins with the connection set.
func TestHangupReopens(t *testing.T) {
	t.Parallel()
	url := chat(t, serve.Options{Actions: serve.Show()[:20]})
	file := filepath.Join(t.TempDir(), "show.raw")
	signals := make(chan os.Signal)
	out := &firstWrite{seen: make(chan struct{})}
	ended := make(chan int)
	go func() {
		ended <- Run(t.Context(), []string{"-q", "-w", file}, Env{
			Stdout: out, Stderr: io.Discard, Signals: signals,
			Environ: []string{"RESTREAM_ACCESS_TOKEN=T0k3n", "RESTAIL_URL=" + url},
		})
	}()
	<-out.seen
	has := func(name, what string) bool {
		text, err := os.ReadFile(name)
		return err == nil && bytes.Contains(text, []byte(what))
	}
	eventually(t, func() bool { return has(file, `"event"`) })
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	signals <- syscall.SIGHUP
	eventually(t, func() bool { return has(file, `"connection_info"`) })
	signals <- syscall.SIGTERM
	if status := <-ended; status != 143 {
		t.Errorf("status %d", status)
	}
	if has(file, `"restail"`) || !has(file+".1", `{"restail":"link"`) {
		t.Error("a link line is in the wrong file")
	}
}

// With --state, the first link record of a run states the gap since the run before.
func TestStateGap(t *testing.T) {
	t.Parallel()
	url := chat(t, serve.Options{Actions: serve.Show()[:20]})
	state := filepath.Join(t.TempDir(), "state")
	var gaps []float64
	for range 2 {
		got := restail(t, url, "-n", "10", "-q", "--state", state)
		if got.status != statusDone {
			t.Fatalf("status %d: %s", got.status, got.stderr)
		}
		first := readRecords(t, got.stdout)[0]
		if first.Action != "link" || first.Status != "connected" {
			t.Fatalf("the first record is %+v", first)
		}
		gaps = append(gaps, first.Gap)
	}
	if gaps[0] != 0 || gaps[1] <= 0 || gaps[1] > 20 {
		t.Errorf("the gaps are %v", gaps)
	}
	if got := restail(t, url, "-q", "--state", "/dev/null"); got.status != statusUsage {
		t.Errorf("/dev/null as state: status %d, %s", got.status, got.stderr)
	}
}

// A run that ends in the middle of a batch keeps in its state the messages that it wrote,
// and no others, so that the next run fills in each message once.
func TestStateHasWhatWasWritten(t *testing.T) {
	t.Parallel()
	url := chat(t, serve.Options{})
	for _, count := range []int{1, 5, 10} {
		state := filepath.Join(t.TempDir(), "state")
		restail(t, url, "-n", strconv.Itoa(count), "-a", "event", "-q", "--state", state, "--backfill").want(t, statusDone)
		var kept struct{ Edge struct{ Said []any } }
		if text, err := os.ReadFile(state); err != nil || json.Unmarshal(text, &kept) != nil || len(kept.Edge.Said) != count {
			t.Errorf("after %d messages the state is %s (%v)", count, text, err)
		}
	}
}

// After another client took the connections over, heartbeats go on but chat is missed.
func TestStateGapBeginsAtADrain(t *testing.T) {
	const silence = time.Second
	url := chat(t, serve.Options{Speed: 1, Actions: []serve.Action{
		{Frame: []byte(`{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-a","connectionUuid":"u","eventSourceId":2,"reason":null,"status":"connected","target":{},"userId":1},"timestamp":1740152270}`)},
		{Frame: []byte(`{"action":"connection_closed","payload":{"connectionUuid":"u","reason":"replaced"},"timestamp":1740152270}`)},
		{At: silence, Frame: []byte(`{"action":"heartbeat","payload":{},"timestamp":1740152271}`)},
	}})
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"-n", "1", "-a", "heartbeat,link", "-q", "--state", state}
	restail(t, url, args...)
	first, _, _ := strings.Cut(restail(t, url, args...).stdout, "\n")
	var link struct {
		Status string
		Gap    float64 `json:"gap_seconds"`
	}
	if err := json.Unmarshal([]byte(first), &link); err != nil || link.Status != "connected" || link.Gap < silence.Seconds() {
		t.Errorf("the drain was %v before the end of the first run, and the second begins with %s", silence, first)
	}
}

// chatMessages returns the chat messages in ndjson records, sorted.
func chatMessages(t *testing.T, records string) (messages []string) {
	t.Helper()
	for _, r := range readRecords(t, records) {
		if r.Action == "event" {
			messages = append(messages, strings.Join([]string{r.Platform, r.Channel, r.Author, r.Text}, "|"))
		}
	}
	slices.Sort(messages)
	return messages
}

// --backfill fills the gap of an outage: every message of the show is written once, to
// stdout and to the recording, whose replay gives the same.
func TestBackfill(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-o", "raw", "-a", "all"}, {"-o", "text", "--time", "utc"}} {
		file := filepath.Join(t.TempDir(), "show.raw")
		live := restail(t, "", append([]string{"demo", "--speed", "max", "--outage", "5s", "--backfill", "-w", file}, args...)...)
		live.want(t, statusDone, "restail: + 81 missed messages filled in from the chat history\n")
		if replay := restail(t, "", append([]string{"replay", file}, args...)...); live.stdout != replay.stdout || replay.status != statusDone {
			t.Errorf("%v: live and replay differ (status %d): %s", args, replay.status, firstDifference(live.stdout, replay.stdout))
		}
		if checked := restail(t, "", "check", file); checked.status != statusDone {
			t.Errorf("the recording is not whole: %s", checked.stdout)
		}
		if len(args) > 0 {
			continue
		}
		if !strings.Contains(live.stdout, `"is_history":true`) || !strings.Contains(live.stdout, `"status":"filled"`) {
			t.Errorf("nothing is filled in:\n%s", live.stdout)
		}
		whole := restail(t, "", "demo", "-q", "--speed", "max")
		if want, all := chatMessages(t, whole.stdout), chatMessages(t, live.stdout); !slices.Equal(all, want) {
			t.Errorf("%d messages, want %d", len(all), len(want))
		}
	}
}
