//go:build linux && amd64

// Command torture runs restail again and again, and makes another one of its system calls
// fail in each run: with an error, or a write also by writing half of the data before the
// error. restail must not crash or hang, lose a frame without reporting it, or leave half a
// line or half a file behind. scripts/torture.sh builds restail and runs this command.
//
// A seccomp filter stops restail at each system call that can fail, and asks this command
// whether to let it through. The command counts the calls by their name and target. A
// first run without a fault finds out which calls there are.
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
	every    = flag.Int("every", 1, "try only every `N`th fault")
	parallel = flag.Int("parallel", 4, "how many runs to have at the same time")
	verbose  = flag.Bool("v", false, "print every fault and how the run ended")
)

func main() {
	if os.Getenv(launcherVariable) != "" {
		fmt.Fprintln(os.Stderr, "torture:", launch())
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
		fmt.Printf("%-9s %4d calls of %3d kinds, %4d faults, %d of which did not happen: %d problems\n",
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

// A report is the result of a sweep.
type report struct {
	calls, kinds, faults int
	missed               int // faults that did not happen, since the run made fewer such calls
	problems             []string
}

// sweep runs a scenario without a fault to find all faults that it can have, and then
// once with every Nth of them.
func sweep(s scenario, program string, every, parallel int) (*report, error) {
	undisturbed := &trial{program: program}
	if err := undisturbed.run(s); err != nil {
		return nil, err
	}
	if undisturbed.problem != "" {
		return nil, fmt.Errorf("%s without a fault: %s", s.name, undisturbed.problem)
	}
	faults, total := faultsOf(undisturbed.result.counts)
	r := &report{calls: total, kinds: len(undisturbed.result.counts)}
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

// faultsOf returns the faults that a run with these calls can have, in a fixed order, and
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
