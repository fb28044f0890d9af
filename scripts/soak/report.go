//go:build linux

package main

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// report prints what was found and tells whether all is well.
func report(results []result) bool {
	injected, problems := map[string]int{}, map[string]map[string]int{}
	var links, sent, arrived, written, gaps int
	var most time.Duration
	ok := true
	for n, r := range results {
		if r.err != nil || r.checker == nil {
			fmt.Printf("restail %d: %v\n", n, r.err)
			ok = false
			continue
		}
		for name, times := range r.injected {
			injected[name] += times
		}
		for _, p := range r.service.problems {
			ok = false
			fault := r.service.links[p.Link].Fault
			of := problems[fault]
			if of == nil {
				of = map[string]int{}
				problems[fault] = of
			}
			if of[p.Kind]++; of[p.Kind] <= *show {
				fmt.Printf("%s: %s: restail %d, link %d: %s\n", fault, p.Kind, n, p.Link, p.Text)
			}
		}
		links, sent, written, gaps, most = links+len(r.service.links), sent+r.sent, written+r.written, gaps+r.gaps, max(most, r.most)
		for _, l := range r.service.links {
			for _, a := range l.Actions {
				if a.Arrived {
					arrived++
				}
			}
		}
		if first, second := r.memory[0], r.memory[1]; second > first*5/4+1024 && !*anyMemory {
			fmt.Printf("restail %d: its memory grows, from %d KiB to %d KiB\n", n, first, second)
			ok = false
		}
	}
	table(injected, problems)
	fmt.Printf("\n%d links, %d actions sent, %d arrived, %d lines written, %d gaps stated, at most %v more than the log has\n",
		links, sent, arrived, written, gaps, most.Round(time.Millisecond))
	return ok
}

// table prints how often each fault was injected, and what problems it made.
func table(injected map[string]int, problems map[string]map[string]int) {
	fmt.Printf("\n%-52s %7s", "fault", "times")
	for _, kind := range kinds {
		fmt.Printf(" %10s", kind)
	}
	fmt.Println()
	names := slices.Collect(maps.Keys(injected))
	for name := range problems {
		if injected[name] == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	sums := map[string]int{}
	total := 0
	row := func(name string, times int, of map[string]int) {
		fmt.Printf("%-52s %7d", name, times)
		for _, kind := range kinds {
			fmt.Printf(" %10d", of[kind])
		}
		fmt.Println()
	}
	for _, name := range names {
		row(name, injected[name], problems[name])
		if name != unasked {
			total += injected[name]
		}
		for kind, n := range problems[name] {
			sums[kind] += n
		}
	}
	row("all", total, sums)
}
