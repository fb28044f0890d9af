//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// twoLinks returns a log of two links. The gap between them begins between 1s and 1.1s and
// ends at 3s.
func twoLinks() []*link {
	return []*link{
		{Fault: "reset", Reasons: []string{"network"}, Granted: 0, Answered: time.Millisecond, From: time.Second, To: 1100 * time.Millisecond,
			Actions: []action{{ID: 0, Arrived: true, Sent: time.Second}, {ID: 1, Arrived: true, Sent: time.Second}, {ID: 2, Sent: time.Second}}},
		{Fault: "SIGTERM", Granted: 3 * time.Second, Answered: 3 * time.Second,
			Actions: []action{{ID: 3, Arrived: true}}},
	}
}

const (
	connected = `{"action":"link","status":"connected"}`
	lost      = `{"action":"link","status":"lost","reason":"network"}`
	restored  = `{"action":"link","status":"restored","gap_seconds":2}`
	filled    = `{"action":"link","status":"filled","count":1,"gap_seconds":2}`
)

func event(id string) string { return `{"action":"event","event_id":"` + id + `"}` }

func filledIn(id string) string { return `{"action":"event","is_history":true,"text":"` + id + `"}` }

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name string
		out  []string
		want []string // kinds of problems
	}{
		{"all is well", []string{connected, event("0"), event("1"), lost, restored, event("3")}, nil},
		{"an action that need not arrive is written", []string{connected, event("0"), event("1"), event("2"), lost, restored, event("3")}, nil},
		{"lost before it is up", []string{lost, connected, event("0"), event("1"), lost, restored, event("3")}, nil},
		{"missing", []string{connected, event("0"), lost, restored, event("3")}, []string{missing}},
		{"doubled", []string{connected, event("0"), event("1"), event("1"), lost, restored, event("3")}, []string{doubled}},
		{"disordered", []string{connected, event("1"), event("0"), lost, restored, event("3")}, []string{disordered}},
		{"an action is written while the link is down", []string{connected, event("0"), lost, event("1"), lost, restored, event("3")}, []string{disordered}},
		{"the least gap", []string{connected, event("0"), event("1"), lost, strings.Replace(restored, "2", "1.89", 1), event("3")}, nil},
		{"too small a gap", []string{connected, event("0"), event("1"), lost, strings.Replace(restored, "2", "1.88", 1), event("3")}, []string{wrongGap}},
		{"the greatest gap", []string{connected, event("0"), event("1"), lost, strings.Replace(restored, "2", "2.5", 1), event("3")}, nil},
		{"too great a gap", []string{connected, event("0"), event("1"), lost, strings.Replace(restored, "2", "2.51", 1), event("3")}, []string{wrongGap}},
		{"no gap", []string{connected, event("0"), event("1"), lost, strings.Replace(restored, `,"gap_seconds":2`, "", 1), event("3")}, []string{wrongGap}},
		{"a wrong reason", []string{connected, event("0"), event("1"), strings.Replace(lost, "network", "protocol", 1), restored, event("3")}, []string{wrongCause}},
		{"an action that was never sent", []string{connected, event("0"), event("1"), event("half"), lost, restored, event("3")}, []string{other}},
		{"lost twice", []string{connected, event("0"), event("1"), lost, lost, restored, event("3")}, []string{other}},
		{"not up again", []string{connected, event("0"), event("1"), lost}, []string{other, missing}},
		{"no JSON", []string{connected, event("0"), event("1"), "{", lost, restored, event("3")}, []string{other}},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, test.out, 0, test.want)
		})
	}
}

// TestCheckOfRuns has two runs: the first one ends with the first of the two links.
func TestCheckOfRuns(t *testing.T) {
	const run = `{"action":"` + newRun + `"}`
	again := strings.Replace(restored, "restored", "connected", 1)
	for _, test := range []struct {
		name string
		out  []string
		want []string
	}{
		{"all is well", []string{run, connected, event("0"), event("1"), run, again, event("3")}, nil},
		{"the run ends while the link is down", []string{run, connected, event("0"), event("1"), lost, run, again, event("3")}, nil},
		{"a run never connects", []string{run, lost, `{"action":"link","status":"ended"}`, run, connected, event("0"), event("1"), run, lost, again, event("3")}, nil},
		{"no gap", []string{run, connected, event("0"), event("1"), run, connected, event("3")}, []string{wrongGap}},
		{"too small a gap", []string{run, connected, event("0"), event("1"), run, strings.Replace(again, "2", "1.88", 1), event("3")}, []string{wrongGap}},
		{"restored in a new run", []string{run, connected, event("0"), event("1"), run, restored, event("3")}, []string{other, disordered}},
		{"ended with the link up", []string{run, connected, event("0"), event("1"), `{"action":"link","status":"ended"}`, run, again, event("3")}, []string{other}},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, test.out, 0, test.want)
		})
	}
}

// TestCheckOfKilledRun has a run that was killed when it had written nothing of its link,
// though an action had arrived, then the second of the two links.
func TestCheckOfKilledRun(t *testing.T) {
	const run = `{"action":"` + newRun + `"}`
	log := twoLinks()
	log = []*link{log[0], {Fault: "SIGKILL", Run: 2, Killed: 1400 * time.Millisecond, Granted: 1200 * time.Millisecond, To: 1300 * time.Millisecond,
		Actions: []action{{ID: 4, Sent: 1250 * time.Millisecond, Arrived: true}}}, log[1]}
	log[0].Run, log[2].Run = 1, 3
	for gap, want := range map[string]int{"2.1": 0, "1.8": 1} { // the first link is complete up to 1.1s
		again := strings.Replace(restored, `"restored","gap_seconds":2`, `"connected","gap_seconds":`+gap, 1)
		lines, err := read(strings.NewReader(strings.Join([]string{run, connected, event("0"), event("1"), run, run, again, event("3")}, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		if found := check(log, lines, 0).found; len(found) != want {
			t.Errorf("a gap of %s: %v", gap, found)
		}
	}
}

// TestCheckOfEmptyLink has a run that ends after a link in which no action arrived.
func TestCheckOfEmptyLink(t *testing.T) {
	log := twoLinks()
	empty := &link{Fault: "reset at once", Run: 1, Granted: 2 * time.Second, Answered: 2 * time.Second, From: 2 * time.Second, To: 2100 * time.Millisecond}
	log = []*link{log[0], empty, log[1]}
	log[0].Run, log[2].Run = 1, 2
	const run = `{"action":"` + newRun + `"}`
	again := strings.Replace(restored, "restored", "connected", 1)
	lines, err := read(strings.NewReader(strings.Join([]string{run, connected, event("0"), event("1"), lost,
		strings.Replace(restored, "2", "1", 1), lost, run, again, event("3")}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if found := check(log, lines, 0).found; len(found) != 0 {
		t.Errorf("%v, though the state knows only of the first link", found)
	}
}

// TestCheckOfMissing has a missing action that was sent before the stated gap begins.
func TestCheckOfMissing(t *testing.T) {
	log := twoLinks()
	log[0].Actions[2].Sent = 500 * time.Millisecond
	lines, err := read(strings.NewReader(strings.Join([]string{connected, event("0"), event("1"), lost, restored, event("3")}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if found := check(log, lines, 0).found; len(found) != 1 || found[0].Kind != wrongGap {
		t.Errorf("%v instead of a gap that is too small", found)
	}
}

// TestCheckOfBackfill has a message 4 that was said while the link was down.
func TestCheckOfBackfill(t *testing.T) {
	for _, test := range []struct {
		name string
		out  []string
		want []string
	}{
		{"all is well", []string{filledIn("4"), event("3"), filledIn("2"), filled}, nil},
		{"missing", []string{event("3"), filledIn("2"), filled}, []string{missing}},
		{"filled in twice", []string{event("3"), filledIn("2"), filledIn("4"), filledIn("2"), filled}, []string{doubled}},
		{"received and filled in", []string{event("3"), filledIn("2"), filledIn("4"), filledIn("0"), filled}, []string{doubled}},
		{"never said", []string{event("3"), filledIn("2"), filledIn("4"), filledIn("5"), filled}, []string{other}},
		{"not filled", []string{event("3"), filledIn("2"), filledIn("4"), strings.Replace(filled, "filled", "unfilled", 1)}, []string{other, other}},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, append([]string{connected, event("0"), event("1"), lost, restored}, test.out...), 5, test.want)
		})
	}
}

// TestCheckOfBackfillAfterKill has messages that were written before kill -9 and are filled
// in again. That is allowed only for those that were sent soon before.
func TestCheckOfBackfillAfterKill(t *testing.T) {
	const run = `{"action":"` + newRun + `"}`
	again := strings.Replace(restored, "restored", "connected", 1)
	for killed, want := range map[time.Duration]int{2 * time.Second: 0, time.Second + stateAge: 1} {
		log := twoLinks()
		log[0].Run, log[1].Run, log[0].Killed = 1, 2, killed
		lines, err := read(strings.NewReader(strings.Join([]string{run, connected, event("0"), event("1"), run, again,
			filledIn("1"), filledIn("2"), event("3"), filled}, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		if found := check(log, lines, 4).found; len(found) != want {
			t.Errorf("killed at %v: %v", killed, found)
		}
	}
}

// expect checks the kinds of the problems that the output has.
func expect(t *testing.T, out []string, required int, want []string) {
	t.Helper()
	lines, err := read(strings.NewReader(strings.Join(out, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, p := range check(twoLinks(), lines, required).found {
		got = append(got, p.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q instead of %q", got, want)
	}
}
