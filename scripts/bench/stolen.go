//go:build unix

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// machine is the processor time since the machine was started, and how much of it the
// host gave to other machines, in ticks. Where that is much, figures mean little.
type machine struct{ all, stolen float64 }

// machineNow reads /proc/stat. It returns zeros where there is none.
func machineNow() machine {
	stat, _ := os.ReadFile("/proc/stat")
	first, _, _ := strings.Cut(string(stat), "\n")
	return machineOf(first)
}

// machineOf parses the line "cpu", which has the times of user, nice, system, idle,
// iowait, irq, softirq and steal. The fields after them are part of user.
func machineOf(line string) (m machine) {
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return machine{}
	}
	for _, field := range fields[1:9] {
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return machine{}
		}
		m.all, m.stolen = m.all+ticks, ticks
	}
	return m
}

// since returns a row about the time between then and m, or none where it is unknown.
func (m machine) since(then machine) []row {
	all := m.all - then.all
	if all <= 0 {
		return nil
	}
	return []row{{what: "processor time that the host gave to others meanwhile", result: fmt.Sprintf("%.1f %%", 100*(m.stolen-then.stolen)/all)}}
}
