//go:build linux

// Command soak is a chat service that breaks links. It serves numbered actions to a
// few restails, breaks their links in many ways some thousand times, and compares its
// log with what they wrote. scripts/soak.sh builds restail and runs it.
//
// Every action that arrived must be written once and in order. It arrived when a later
// ping was answered, or when the client's kernel acknowledged it: then it can be read,
// whatever happens to the connection. Others may be missing. Every stated gap must be
// what record.md defines. The restails record with -w, and the replay of the recording
// must be what stdout got.
//
// With -backfill the service has a chat history too, and messages are said while links
// are down. Every message must be written once, received or filled in.
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
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"
)

var (
	restail   = flag.String("restail", "restail", "the program under test")
	total     = flag.Int("faults", 10_000, "how many faults to inject")
	clients   = flag.Int("clients", 8, "how many restails share them")
	seed      = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random numbers")
	only      = flag.String("only", "", "inject only faults that match this regular expression")
	show      = flag.Int("show", 3, "how many problems of a kind to show for each fault")
	backfill  = flag.Bool("backfill", false, "fill gaps: every message must be written once")
	anyMemory = flag.Bool("any-memory", false, "do not judge memory")
)

// start is the beginning of all logs.
var start = time.Now()

func main() {
	flag.Parse()
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
		group.Go(func() { results[n] = run(*total / *clients, *seed+uint64(n)) })
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

// run runs a restail until its service has injected that many faults.
func run(total int, seed uint64) (r result) {
	c := &client{}
	r.service = newService(c, total, seed)
	server := httptest.NewServer(r.handler())
	defer server.Close()
	folder, err := os.MkdirTemp("", "soak-")
	if err != nil {
		r.err = err
		return r
	}
	defer os.RemoveAll(folder)
	recording := filepath.Join(folder, []string{"chat.raw", "chat.raw.gz"}[seed%2])
	if r.err = c.start(server.URL, "-w", recording, "-a", "event,link", "--heartbeat-timeout="+heartbeatTimeout.String(),
		"--max-backoff=20ms", fmt.Sprintf("--max-frame=%d", maxFrame), "--buffer=256KiB", fmt.Sprintf("--backfill=%t", *backfill)); r.err != nil {
		return r
	}
	go func() {
		<-r.over
		c.process.Process.Signal(syscall.SIGTERM)
	}()
	written := sha256.New()
	lines, err := read(io.TeeReader(c, written))
	ended := c.process.Wait()
	r.mu.Lock() // for the end of the last connection
	defer r.mu.Unlock()
	if len(r.links) == 0 || err != nil {
		r.err = cmp.Or(err, fmt.Errorf("restail never connected: %s", c.errors.String()))
		return r
	}
	if ended == nil || ended.Error() != "exit status 143" || c.errors.Len() > 0 {
		r.problem(other, "restail ended with %v, %d faults to go: %s", ended, r.left, c.errors.String())
	}
	if difference := compareReplay(recording, written.Sum(nil), lines); difference != "" {
		r.problem(other, "the replay of the recording is not what stdout got: %s", difference)
	}
	promised := 0
	if *backfill {
		promised = len(r.chat.at)
	}
	r.checker = check(r.links, lines, promised)
	r.problems = slices.DeleteFunc(append(r.problems, r.found...), r.excused)
	if len(r.problems) > 0 {
		keep(fmt.Sprintf("soak-%d.log.json", seed), r.links)
		keep(fmt.Sprintf("soak-%d.out.json", seed), lines)
	}
	return r
}

// compareReplay replays a recording and says how that differs from what stdout got:
// lines, whose text has that sum.
func compareReplay(recording string, sum []byte, lines []line) string {
	replay := exec.Command(*restail, "replay", "-q", "-a", "event,link", recording)
	stdout, err := replay.StdoutPipe()
	if err == nil {
		err = replay.Start()
	}
	if err != nil {
		return err.Error()
	}
	replayed := sha256.New()
	again, err := read(io.TeeReader(stdout, replayed))
	if err = cmp.Or(err, replay.Wait()); err != nil {
		return err.Error()
	}
	if bytes.Equal(replayed.Sum(nil), sum) {
		return ""
	}
	for n := range min(len(lines), len(again)) {
		if !reflect.DeepEqual(lines[n], again[n]) {
			return fmt.Sprintf("line %d is %+v, not %+v", n, again[n], lines[n])
		}
	}
	return fmt.Sprintf("%d lines, not %d, or other fields", len(again), len(lines))
}

// keep writes a value into a file of the temporary folder.
func keep(name string, value any) {
	text, _ := json.Marshal(value)
	name = filepath.Join(os.TempDir(), name)
	if err := os.WriteFile(name, text, 0o600); err == nil {
		fmt.Println("kept", name)
	}
}

// A tally counts, by fault, the injections and the problems of each kind.
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
	var links, said, arrived, gaps, filled int
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
			table.add("~ all", "times", times)
		}
		for _, p := range r.problems {
			ok = false
			table.add("~ all", p.Kind, 1)
			if fault := r.service.links[p.Link].Fault; table.add(fault, p.Kind, 1) <= *show {
				fmt.Printf("%s: %s: restail %d, link %d: %s\n", fault, p.Kind, n, p.Link, p.Text)
			}
		}
		if first, second := r.memory[0], r.memory[1]; r.total >= 500 && second > first*5/4 && !*anyMemory {
			fmt.Printf("restail %d: its memory grows, from %d KiB to %d KiB\n", n, first, second)
			ok = false
		}
		links, said, arrived, most = links+len(r.service.links), said+len(r.chat.at), arrived+r.arrived, max(most, r.most)
		gaps, filled = gaps+r.gaps, filled+r.filled
	}
	table.print()
	fmt.Printf("%d restails, %d links, %d messages said, %d arrived, %d filled in; %d gaps stated, at most %v more than the log has; %v\n",
		len(results), links, said, arrived, filled, gaps, most.Round(time.Millisecond), time.Since(start).Round(time.Second))
	return ok
}
