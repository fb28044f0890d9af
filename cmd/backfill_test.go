package cmd

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// spoken returns what was said in ndjson records, sorted.
func spoken(t *testing.T, records string) (messages []string) {
	t.Helper()
	for line := range strings.Lines(records) {
		var r struct{ Action, Platform, Channel, Author, Text string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Action == "event" {
			messages = append(messages, strings.Join([]string{r.Platform, r.Channel, r.Author, r.Text}, "|"))
		}
	}
	slices.Sort(messages)
	return messages
}

// TestAGapIsFilled misses a part of the show, and has every message once in the
// end, on stdout and in the recording.
func TestAGapIsFilled(t *testing.T) {
	whole := restail(t, "", "demo", "-q", "--speed", "max")
	file := filepath.Join(t.TempDir(), "show.raw")
	got := restail(t, "", "demo", "--speed", "max", "--outage", "5s", "--backfill", "-w", file)
	if got.status != statusDone || !strings.Contains(got.stdout, `"is_history":true`) || !strings.Contains(got.stdout, `"status":"filled"`) {
		t.Fatalf("status %d\n%s", got.status, got.stderr)
	}
	if want, all := spoken(t, whole.stdout), spoken(t, got.stdout); !slices.Equal(all, want) {
		t.Errorf("%d messages, want %d", len(all), len(want))
	}
	if !strings.Contains(got.stderr, "restail: + 81 missed messages filled in from the chat history\n") {
		t.Errorf("stderr says\n%s", got.stderr)
	}
	for _, args := range [][]string{{}, {"-o", "raw", "-a", "all"}, {"-o", "text", "--time", "utc"}} {
		live := restail(t, "", append([]string{"demo", "-q", "--speed", "max", "--outage", "5s", "--backfill", "-w", file + args0(args)}, args...)...)
		replay := restail(t, "", append([]string{"replay", "-q", file + args0(args)}, args...)...)
		if live.stdout != replay.stdout || replay.status != statusDone {
			t.Errorf("%v: live and replay differ (status %d): %s", args, replay.status, firstDifference(live.stdout, replay.stdout))
		}
	}
	if checked := restail(t, "", "check", file); checked.status != statusDone {
		t.Errorf("the recording is not whole: %s", checked.stdout)
	}
}

// args0 names a file after the flags of a run.
func args0(args []string) string { return ".of" + strings.Join(args, "") }
