//go:build linux

// Command soak is a hostile chat service that keeps a log: it serves numbered
// actions to some restails, breaks their links in every way that it knows some
// thousand times, and compares its log with what they wrote. scripts/soak.sh builds
// restail and runs it.
//
// Every action that arrived must be written once and in order. It arrived when a ping
// behind it was answered, or when the client's kernel acknowledged it: then it is
// there to be read, whatever becomes of the connection. Others may be missing. Every
// stated gap must be what record.md defines.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"
)

// unasked counts the links that restail left before there was a fault.
const unasked = "none: restail left by itself"

var (
	restail   = flag.String("restail", "restail", "the program under test")
	total     = flag.Int("faults", 10_000, "how many faults to inject")
	clients   = flag.Int("clients", 8, "how many restails share them")
	seed      = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random numbers")
	only      = flag.String("only", "", "inject only faults that match this regular expression")
	show      = flag.Int("show", 3, "how many problems of a kind to show for each fault")
	anyMemory = flag.Bool("any-memory", false, "do not judge the memory")
)

// start is when the times of all logs begin.
var start = time.Now()

func main() {
	flag.Parse()
	fmt.Printf("seed %d\n", *seed)
	if ok, err := soak(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	} else if !ok {
		os.Exit(1)
	}
}

// soak runs all restails and trials at the same time and judges them.
func soak() (bool, error) {
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return false, err
	}
	chosen := slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return !pattern.MatchString(f.name) })
	if len(chosen) == 0 {
		return false, fmt.Errorf("no fault matches %q", *only)
	}
	stop := make(chan struct{})
	go watch(stop)
	results := make([]result, *clients)
	var group sync.WaitGroup
	for n := range results {
		group.Go(func() { results[n] = run(chosen, *total / *clients, *seed+uint64(n)) })
	}
	if *only != "" {
		trials = nil
	}
	failures := make([]string, len(trials))
	for n, t := range trials {
		group.Go(func() { failures[n] = t.run() })
	}
	group.Wait()
	close(stop)
	fmt.Printf("%d restails, %v\n\n", *clients, time.Since(start).Round(time.Second))
	ok := report(results)
	for n, failure := range failures {
		fmt.Printf("%-60s %s\n", trials[n].name, cmp.Or(failure, "as it must be"))
		ok = ok && failure == ""
	}
	return ok, nil
}

// A result is what one restail and its service have done.
type result struct {
	*service
	*checker
	written int
	err     error
}

// run runs one restail until its service has injected all faults.
func run(faults []fault, total int, seed uint64) (r result) {
	c := &client{}
	s := newService(c, faults, total, seed)
	server := httptest.NewServer(s)
	defer server.Close()
	r.service = s
	if r.err = c.start(*restail, server.URL, "-a", "event,link", "--heartbeat-timeout="+heartbeatTimeout.String(),
		"--max-backoff=20ms", fmt.Sprintf("--max-frame=%d", maxFrame), "--buffer=256KiB"); r.err != nil {
		return r
	}
	go func() {
		<-s.over
		c.process.Process.Signal(syscall.SIGTERM)
	}()
	lines, err := read(c)
	ended := c.process.Wait()
	s.mu.Lock() // for the last connection's end
	defer s.mu.Unlock()
	r.checker, r.written, r.err = check(s.links, lines), len(lines), err
	if ended == nil || ended.Error() != "exit status 143" {
		s.problem(other, "restail ended with %v, %d faults to go: %s", ended, s.left, c.errors.String())
	} else if c.errors.Len() > 0 {
		s.problem(other, "restail wrote: %s", c.errors.String())
	}
	r.service.problems = append(r.service.problems, r.checker.problems...)
	r.service.problems = slices.DeleteFunc(r.service.problems, s.excused)
	if len(r.service.problems) > 0 {
		r.keep(seed, lines)
	}
	return r
}

// keep writes the log and the output into the temporary folder.
func (r result) keep(seed uint64, lines []line) {
	for name, content := range map[string]any{"log": r.service.links, "out": lines} {
		text, _ := json.Marshal(content)
		file := filepath.Join(os.TempDir(), fmt.Sprintf("soak-%d.%s.json", seed, name))
		if err := os.WriteFile(file, text, 0o600); err == nil {
			fmt.Printf("kept %s\n", file)
		}
	}
}
