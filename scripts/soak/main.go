//go:build linux

// Command soak is a chat service that breaks connections. It runs a few restails at once,
// sends them numbered actions, breaks their connections in many ways, thousands of times,
// and compares its log with what they wrote. scripts/soak.sh builds restail and runs it.
//
// In this package, a link is a connection over which restail receives actions, and a fault
// is a way to break one. A gap is the time between two links in which actions can be
// missing; restail states its length in its link records. It ends at the handshake of the
// new link. It begins at the last action that restail received. But when restail did not
// read for a while, since it was stopped or nobody read its output, the gap begins before
// that pause, until a read had to wait for data: only then was everything read.
//
// Every action that arrived must be written once and in order. An action has arrived when
// restail answers a later ping, or when its kernel acknowledges the bytes, since restail can
// read them then, whatever happens to the connection. Other actions may be missing if they
// are in a stated gap. A stated gap must be neither too short nor too long. The restails
// record with -w. The replay of a recording must be what stdout got, except for the actions
// that it reports as unrecorded.
//
// Every other restail ends now and then: by a signal, or because its login is no longer
// valid. Then a new one goes on with its state (--state), and must state the gap between the
// two. The memory and the number of open files of the other restails must not grow.
//
// With -peer another server answers the handshakes and writes the frames, and soak forwards
// them to restail. With -front restail connects to a TLS proxy, and that connects to soak.
//
// With -backfill the service has a chat history, too, and messages are said while links are
// down. Every message must be written once, received or filled in.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	restail   = flag.String("restail", "restail", "the program under test")
	total     = flag.Int("faults", 10_000, "how many faults to inject")
	clients   = flag.Int("clients", 8, "how many restails to run; they share the faults")
	seed      = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the random numbers")
	only      = flag.String("only", "", "inject only faults that match this regular expression")
	show      = flag.Int("show", 3, "how many problems of each kind to show for each fault")
	backfill  = flag.Bool("backfill", false, "run restail with --backfill: every message must be written once")
	printShow = flag.Bool("print-show", false, "print a recording for restail serve to play, and exit")
	anyMemory = flag.Bool("any-memory", false, "do not check memory")
)

// start is the time from which all logs count.
var start = time.Now()

func main() {
	flag.Parse()
	if *printShow {
		for n := range 1000 {
			fmt.Printf("%s\n", message(idPlaceholder, n*617%1000*2, time.Now())) // all sizes, mixed
		}
		return
	}
	fmt.Printf("seed %d\n", *seed)
	ok, err := soak()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if !ok {
		os.Exit(1)
	}
}

// soak runs all restails at the same time and reports whether all is well.
func soak() (bool, error) {
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return false, err
	}
	faults = slices.DeleteFunc(faults, func(f fault) bool { return !pattern.MatchString(f.name) })
	if len(faults) == 0 {
		return false, fmt.Errorf("no fault matches %q", *only)
	}
	go watchMachine()
	var group sync.WaitGroup
	results := make([]result, *clients)
	for n := range results {
		group.Go(func() { results[n] = test(*total / *clients, *seed+uint64(n)) })
	}
	group.Wait()
	return report(results), nil
}

// A result is the outcome for one restail and its service.
type result struct {
	*service
	*checker
	err error
}

// test runs a service until it has injected that many faults, and checks what its restail
// wrote. When restail ends before, test starts the next one.
func test(total int, seed uint64) (r result) {
	r.service = newService(&client{}, total, seed)
	server := httptest.NewServer(r.handler())
	defer server.Close()
	folder, err := os.MkdirTemp("", "soak-")
	if err != nil {
		r.err = err
		return r
	}
	defer os.RemoveAll(folder)
	r.client.socket = "ws" + strings.TrimPrefix(server.URL, "http") + "/ws"
	if *front != "" {
		if r.cutter, r.err = newTLSCutter(); r.err != nil {
			return r
		}
		defer r.cutter.Close()
		r.client.socket = fmt.Sprintf("wss://%v/%d/ws", r.cutter.Addr(), server.Listener.Addr().(*net.TCPAddr).Port)
	}
	lines := []line{}
	for r.err == nil && !r.over {
		var more []line
		more, r.err = r.follow(server.URL, folder)
		lines = append(append(lines, line{Action: newRun}), more...)
	}
	if r.err != nil {
		return r
	}
	required := 0
	if *backfill {
		required = len(r.chat.at)
	}
	r.checker = check(r.links, lines, required)
	r.problems = slices.DeleteFunc(append(r.problems, r.found...), r.excused)
	if len(r.problems) > 0 {
		keep(fmt.Sprintf("soak-%d.log.json", seed), r.links)
		keep(fmt.Sprintf("soak-%d.out.json", seed), lines)
	}
	return r
}

// follow runs restail once and returns what it writes.
func (r *result) follow(url, folder string) ([]line, error) {
	r.beginRun(filepath.Join(folder, fmt.Sprintf("%d.raw%s", r.runs, []string{"", ".gz"}[r.runs%2])))
	c := r.client
	r.mu.Lock() // a handshake may come before start returns
	err := cmp.Or(r.save(folder), c.start(url, folder, "-w", r.recording, "--state="+filepath.Join(folder, "state"), "-a", "event,link",
		"--heartbeat-timeout="+heartbeatTimeout.String(), "--max-backoff=20ms", fmt.Sprintf("--max-frame=%d", maxFrame),
		"--buffer=256KiB", fmt.Sprintf("--backfill=%t", *backfill)))
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	written := sha256.New()
	lines, err := read(io.TeeReader(c, written))
	ended := c.process.Wait()
	r.mu.Lock() // for the end of the last connection
	defer r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if ended == nil || ended.Error() != r.ending {
		return lines, fmt.Errorf("restail ended with %v instead of %q, before %d more faults:\n%s", ended, r.ending, r.faultsLeft, strings.Join(c.latest, ""))
	}
	if c.errors.Len() > 0 && !r.full && r.ending != loggedOut {
		r.problem(other, "restail says %s", c.errors.String())
	}
	if last := len(lines) - 1; r.ending == killed && last >= 0 && strings.HasPrefix(lines[last].Action, `"`) {
		lines = lines[:last] // the last line is incomplete
	}
	unrecorded, difference := compareReplay(r.recording, written.Sum(nil), lines, r.ending == killed)
	if r.unrecorded += unrecorded; difference != "" {
		r.problem(other, "the replay of the recording is not what stdout got: %s", difference)
	}
	return lines, os.Remove(r.recording)
}

// unrecordedActions matches what a replay reports about actions that were not recorded.
var unrecordedActions = regexp.MustCompile(`"unrecorded actions: (\d+)`)

// compareReplay replays a recording and compares it with what stdout got: lines, whose
// text has that SHA-256. It returns how many actions the recording reports as unrecorded,
// and a difference that this does not explain, empty for none. The recording of a killed
// restail may end before or after stdout.
func compareReplay(recording string, sum []byte, lines []line, killed bool) (unrecorded int, difference string) {
	replay := exec.Command(*restail, "replay", "--status=json", "-a", "event,link", recording)
	var notes bytes.Buffer
	replay.Stderr = &notes
	stdout, err := replay.StdoutPipe()
	if err == nil {
		err = replay.Start()
	}
	if err != nil {
		return 0, err.Error()
	}
	replayed := sha256.New()
	again, err := read(io.TeeReader(stdout, replayed))
	if err = cmp.Or(err, replay.Wait()); err != nil && !killed {
		return 0, fmt.Sprintf("%v: %s", err, notes.String())
	}
	for _, note := range unrecordedActions.FindAllStringSubmatch(notes.String(), -1) {
		n, _ := strconv.Atoi(note[1])
		unrecorded += n
	}
	if bytes.Equal(replayed.Sum(nil), sum) {
		return unrecorded, ""
	}
	found, missing, rest := 0, 0, 0 // rest counts missing lines after the last one that was found
	for _, l := range lines {
		if found < len(again) && reflect.DeepEqual(l, again[found]) {
			found, missing, rest = found+1, missing+rest, 0
		} else if l.Action == "event" || unrecorded == 0 {
			rest++
		}
	}
	if !killed {
		missing += rest
	}
	switch {
	case found < len(again) && (rest > 0 || !killed):
		return unrecorded, fmt.Sprintf("line %d is %+v", found, again[found])
	case missing > unrecorded:
		return unrecorded, fmt.Sprintf("%d lines are missing, and %d actions are reported as unrecorded", missing, unrecorded)
	case unrecorded == 0 && !killed:
		return 0, "fields that soak does not compare"
	}
	return unrecorded, ""
}

// keep writes a value to a file in the temporary folder, to look into a problem.
func keep(name string, value any) {
	text, _ := json.Marshal(value)
	name = filepath.Join(os.TempDir(), name)
	if err := os.WriteFile(name, text, 0o600); err == nil {
		fmt.Println("kept", name)
	}
}

// A tally has for each fault how often it was injected, and the number of problems of each
// kind.
type tally map[string]map[string]int

func (t tally) add(fault, column string, n int) int {
	if t[fault] == nil {
		t[fault] = map[string]int{}
	}
	t[fault][column] += n
	return t[fault][column]
}

func (t tally) print() {
	columns := append([]string{"times"}, kinds...)
	fmt.Printf("\n%-52s", "fault")
	for _, column := range columns {
		fmt.Printf(" %10s", column)
	}
	for _, fault := range slices.Sorted(maps.Keys(t)) {
		fmt.Printf("\n%-52s", fault)
		for _, column := range columns {
			fmt.Printf(" %10d", t[fault][column])
		}
	}
	fmt.Print("\n\n")
}

// report prints what was found and reports whether all is well.
func report(results []result) bool {
	table := tally{}
	var runs, links, said, arrived, gaps, filled, unrecorded, memory, files int
	var most time.Duration
	ok := true
	for n, r := range results {
		if r.err != nil {
			fmt.Printf("restail %d: %v\n", n, r.err)
			ok = false
			continue
		}
		for fault, times := range r.injected {
			table.add(fault, "times", times)
			table.add("~ all", "times", times) // ~ sorts after letters
		}
		for _, p := range r.problems {
			ok = false
			table.add("~ all", p.Kind, 1)
			if fault := r.service.links[p.Link].Fault; table.add(fault, p.Kind, 1) <= *show {
				fmt.Printf("%s: %s: restail %d, link %d: %s\n", fault, p.Kind, n, p.Link, p.Text)
			}
		}
		if first, second := r.memory[0], r.memory[1]; r.total >= 500 && !r.restarts && second > first*5/4 && !*anyMemory {
			fmt.Printf("restail %d: memory grows from %d KiB to %d KiB\n", n, first, second)
			ok = false
		}
		if first, second := r.files[0], r.files[1]; r.total >= 100 && !r.restarts && second > first+2 {
			fmt.Printf("restail %d: the number of open files grows from %d to %d\n", n, first, second)
			ok = false
		}
		runs, unrecorded = runs+r.runs, unrecorded+r.unrecorded
		memory, files = max(memory, r.memory[1]), max(files, r.files[1])
		links, said, arrived, most = links+len(r.service.links), said+len(r.chat.at), arrived+r.arrived, max(most, r.maxExcess)
		gaps, filled = gaps+r.gaps, filled+r.filled
	}
	table.print()
	fmt.Printf("%d runs of %d restails, %d links, %d messages said, %d arrived, %d filled in; %d gaps stated, at most %v longer than in the log; "+
		"%d actions reported as unrecorded; at most %d KiB and %d open files; %v\n",
		runs, len(results), links, said, arrived, filled, gaps, most.Round(time.Millisecond), unrecorded, memory, files, time.Since(start).Round(time.Second))
	return ok
}
