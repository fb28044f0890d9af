//go:build unix

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// machine is how much processor time there was since the machine was started,
// and how much of it its host gave to others, in the same unit. Of a virtual
// machine it says whether figures mean something.
type machine struct{ all, stolen float64 }

// machineNow reads /proc/stat; nothing where there is none.
func machineNow() machine {
	stat, _ := os.ReadFile("/proc/stat")
	first, _, _ := strings.Cut(string(stat), "\n")
	return machineOf(first)
}

// machineOf reads "cpu", and the times of user, nice, system, idle, iowait, irq,
// softirq and steal. What follows is counted as user's already.
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

// since is the row of what was stolen since then; none where that is not known.
func (m machine) since(then machine) []row {
	all := m.all - then.all
	if all <= 0 {
		return nil
	}
	return []row{{what: "processor time that the host gave to others meanwhile", result: fmt.Sprintf("%.1f %%", 100*(m.stolen-then.stolen)/all)}}
}
