package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// At full speed, a run misses exactly the actions of the outage.
func TestDemoOutage(t *testing.T) {
	t.Parallel()
	show := serve.Show()
	middle := show[len(show)-1].At / 2
	var want []string
	for _, a := range show {
		var frame struct {
			Action  string
			Payload struct{ EventIdentifier string }
		}
		if err := json.Unmarshal(a.Frame, &frame); err != nil {
			t.Fatal(err)
		}
		missed := a.At >= middle && a.At < middle+5*time.Second
		if frame.Action == "event" && !missed {
			want = append(want, frame.Payload.EventIdentifier)
		}
	}
	for range 3 {
		ran := restail(t, "", "demo", "--outage", "5s", "--speed", "max")
		ran.want(t, 0, "~ link lost (the connection was cut", "+ link restored after ")
		var got, link []string
		for _, r := range readRecords(t, ran.stdout) {
			switch r.Action {
			case "event":
				got = append(got, r.EventID)
			case "link":
				link = append(link, fmt.Sprint(r.Status, r.Reason, r.Gap > 0))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d events, want %d", len(got), len(want))
		}
		if !slices.Equal(link, []string{"connectedfalse", "lostnetworkfalse", "restoredtrue"}) {
			t.Errorf("the link: %q", link)
		}
	}
}

// The gap is hardly longer than the outage of one second.
func TestDemoStatesTheGap(t *testing.T) {
	t.Parallel()
	var gaps []float64
	for range 5 { // other processes can only make it longer, or the last read before it later
		ran := restail(t, "", "demo", "--outage", "20s", "--speed", "20", "-a", "link")
		ran.want(t, 0, "+ link restored after ")
		records := readRecords(t, ran.stdout)
		if len(records) != 3 || records[2].Status != "restored" {
			t.Fatalf("the link: %+v", records)
		}
		if gap := records[2].Gap; gap >= 1 && gap <= 1.9 {
			return
		}
		gaps = append(gaps, records[2].Gap)
	}
	t.Errorf("the gaps are %v seconds", gaps)
}

// An outage that is longer than the show leaves the connection set of the reconnect.
func TestDemoOutageLongerThanTheShow(t *testing.T) {
	t.Parallel()
	ran := restail(t, "", "demo", "--outage", "1h", "--speed", "max", "-o", "raw", "-a", "connection_info")
	ran.want(t, 0, "link restored")
	frames := strings.Split(strings.TrimSuffix(ran.stdout, "\n"), "\n")
	var parser decode.Parser
	var action decode.Action
	if err := parser.Parse(&action, []byte(frames[len(frames)-1])); err != nil {
		t.Fatal(err)
	}
	stamp, _ := action.Stamp()
	if got := stamp.UTC().Format(time.RFC3339); !strings.HasPrefix(got, "2026-03-14T20:00:") {
		t.Errorf("the set has the time %s", got)
	}
}

// A frame that is too large comes again after every reconnect, so the demo must give
// up.
func TestDemoGivesUpOnALargeFrame(t *testing.T) {
	t.Parallel()
	restail(t, "", "demo", "--outage", "1s", "--speed", "max", "--max-frame", "300").want(t, 4, "given up", "--max-frame")
}

// A show that has ended is not a link that is down.
func TestDemoTimeoutAfterTheShow(t *testing.T) {
	t.Parallel()
	status := Run(t.Context(), []string{"demo", "--speed", "max", "-q", "-t", "300ms"}, Env{Stdout: slowWriter(100 * time.Millisecond), Stderr: io.Discard})
	if status != 0 {
		t.Errorf("status %d", status)
	}
}

// The built-in show has an example of every action, and of every type of every
// platform.
func TestShowHasEveryPlatform(t *testing.T) {
	shown := map[string]bool{}
	var parser decode.Parser
	var action decode.Action
	decoder := decode.New()
	for _, a := range serve.Show() {
		if err := parser.Parse(&action, a.Frame); err != nil {
			t.Fatalf("%v: %s", err, a.Frame)
		}
		decoder.Apply(&action, time.Time{})
		r := decoder.Record()
		name, platform := string(r.Bytes(record.Action)), string(r.Bytes(record.Platform))
		shown[name] = true
		switch name {
		case "event":
			shown[platform+" "+string(r.Bytes(record.Type))] = true
		case "connection_info":
			shown[platform+" connection"] = true
		}
	}
	var want []string
	for _, name := range decode.ActionNames() {
		if name != "link" {
			want = append(want, name)
		}
	}
	for _, p := range decode.Platforms {
		for _, kind := range p.Types {
			want = append(want, p.Slug+" connection", p.Slug+" "+kind.Name)
		}
	}
	for _, name := range want {
		if !shown[name] {
			t.Errorf("the show has no %s: its platforms are in cmd/serve/show_*.go, what they say in cmd/serve/show", name)
		}
	}
}
