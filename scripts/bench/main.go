//go:build unix

// Command bench measures restail beside what it can be compared with: a bare copy of
// the same frames, the obvious client, wscat and jq. scripts/bench.sh builds what it
// needs and starts it.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// roles are what this program does as a process that is measured. The argument is the
// URL to connect to.
var roles = map[string]func(url string) error{"copy": copyRole, "wide": wideRole, "naive": naiveRole}

// groups are what is measured, in this order.
var groups = []struct {
	name string
	run  func(*bench) ([]row, error)
}{
	{"speed", (*bench).speed},
	{"replay", (*bench).replay},
	{"latency", (*bench).latency},
	{"lost", (*bench).lost},
	{"memory", (*bench).memory},
}

// bench holds what every measurement needs.
type bench struct {
	restail, self string // binaries
	rounds        int
	sender        *sender
	corpus        *corpus
	folder        string // for recordings
}

func start(args []string) error {
	if len(args) == 2 && roles[args[0]] != nil {
		return roles[args[0]](args[1])
	}
	b := &bench{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&b.restail, "restail", "", "restail's `binary`, stripped")
	flags.IntVar(&b.rounds, "rounds", 3, "how often to measure each thing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if b.restail == "" || b.rounds < 1 {
		return fmt.Errorf("start it with scripts/bench.sh")
	}
	names := []string{}
	for _, g := range groups {
		names = append(names, g.name)
	}
	for _, name := range flags.Args() {
		if !slices.Contains(names, name) {
			return fmt.Errorf("unknown group %q: want one of %s", name, strings.Join(names, ", "))
		}
	}
	if flags.NArg() > 0 {
		names = flags.Args()
	}
	return b.measure(names)
}

// measure measures the named groups and prints the table.
func (b *bench) measure(names []string) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "restail-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	b.sender = newSender()
	defer b.sender.server.Close()
	b.corpus = newCorpus(10)
	fmt.Printf("%d cores, %s/%s, %s; the built-in show's events, %d bytes on average; medians of %d rounds\n\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), b.corpus.events.mean(), b.rounds)
	var table []row
	all, stolen := processorTime()
	for _, group := range groups {
		if !slices.Contains(names, group.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring:", group.name)
		rows, err := group.run(b)
		if err != nil {
			return fmt.Errorf("%s: %w", group.name, err)
		}
		table = append(table, rows...)
	}
	if allNow, stolenNow := processorTime(); allNow > all {
		table = append(table, row{what: "processor time that the host gave to others meanwhile",
			result: fmt.Sprintf("%.1f %%", 100*(stolenNow-stolen)/(allNow-all))})
	}
	for _, line := range render(table) {
		fmt.Println(line)
	}
	return nil
}

// processorTime returns the processor time since the machine was started, and how much
// of it the host gave to other machines, in ticks; zeros where there is no /proc/stat.
func processorTime() (all, stolen float64) {
	stat, _ := os.ReadFile("/proc/stat")
	var t [8]float64 // user, nice, system, idle, iowait, irq, softirq, steal
	fmt.Sscanf(string(stat), "cpu %f %f %f %f %f %f %f %f", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7])
	for _, ticks := range t {
		all += ticks
	}
	return all, t[7]
}
