//go:build linux && amd64

// Command torture runs restail again and again, and in each run has another system
// call fail, once: an error, or for a write half of it and then an error. Nothing may
// crash, hang, lose a frame without a word, or leave half a line or half a file.
// scripts/torture.sh builds restail and runs it.
//
// A seccomp filter passes the calls of restail on to this program, which counts them
// by what they do and to what.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

var (
	restail  = flag.String("restail", "restail", "the program under test")
	only     = flag.String("scenario", "", "run only this scenario")
	every    = flag.Int("every", 1, "of the calls, try each that many-th")
	parallel = flag.Int("parallel", 4, "how many runs at the same time")
	verbose  = flag.Bool("v", false, "print every fault and what it came to")
)

func main() {
	if os.Getenv(stageVariable) != "" {
		fmt.Fprintln(os.Stderr, "torture:", stage())
		os.Exit(127)
	}
	flag.Parse()
	problems := 0
	for _, s := range scenarios {
		if *only != "" && s.name != *only {
			continue
		}
		report, err := sweep(s, *restail, *every, *parallel)
		if err != nil {
			fmt.Fprintln(os.Stderr, "torture:", err)
			os.Exit(1)
		}
		fmt.Printf("%-9s %4d calls of %3d kinds, %4d faults, %d did not come about: %d problems\n",
			s.name, report.calls, report.kinds, report.faults, report.missed, len(report.problems))
		for _, problem := range report.problems {
			fmt.Println(problem)
		}
		problems += len(report.problems)
	}
	if problems > 0 {
		os.Exit(1)
	}
}

// A report is what a sweep came to.
type report struct {
	calls, kinds, faults int
	missed               int // faults whose call the run did not make
	problems             []string
}

// sweep runs a scenario undisturbed, and then once for each of the faults.
func sweep(s scenario, program string, every, parallel int) (*report, error) {
	calm := &trial{program: program}
	if err := calm.run(s); err != nil {
		return nil, err
	}
	if calm.problem != "" {
		return nil, fmt.Errorf("%s without a fault: %s", s.name, calm.problem)
	}
	faults, total := faultsOf(calm.result.counts)
	r := &report{calls: total, kinds: len(calm.result.counts)}
	var lock sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, parallel)
	var failure error
	for n := 0; n < len(faults); n += every {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			t := &trial{program: program, fault: &faults[n]}
			err := t.run(s)
			lock.Lock()
			defer lock.Unlock()
			failure = cmp.Or(failure, err)
			r.faults++
			if err == nil && t.result.failed == 0 {
				r.missed++
			}
			if err == nil && *verbose {
				fmt.Printf("%s: status %d: %s\n", faults[n], t.result.status, strings.ReplaceAll(strings.TrimSpace(t.result.stderr), "\n", " | "))
			}
			if t.problem != "" {
				r.problems = append(r.problems, fmt.Sprintf("%s: %s: %s", s.name, faults[n], t.problem))
			}
		})
	}
	group.Wait()
	slices.Sort(r.problems)
	return r, failure
}

// faultsOf returns the faults that the calls of a run can have, in a fixed order, and
// the number of calls.
func faultsOf(counts map[call]int) (faults []fault, total int) {
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b call) int {
		return cmp.Or(strings.Compare(a.target, b.target), strings.Compare(a.name, b.name))
	})
	for _, c := range kinds {
		total += counts[c]
		for n := range counts[c] {
			faults = append(faults, fault{call: c, n: n + 1})
			if strings.HasSuffix(c.name, "write") && c.target != "socket" {
				faults = append(faults, fault{call: c, n: n + 1, short: true})
			}
		}
	}
	return faults, total
}
