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

// roles are what this program does as a process that is measured.
var roles = map[string]func(args []string) error{"copy": copyRole, "naive": naiveRole}

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
	folder        string
	recordings    string // a folder in memory where there is one: the disk is not measured
	null          *os.File
}

// corpusEvents is how many different events there are.
const corpusEvents = 4000

func start(args []string) error {
	if len(args) > 0 {
		if role, ok := roles[args[0]]; ok {
			return role(args[1:])
		}
	}
	b := &bench{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&b.restail, "restail", "", "restail's `binary`, stripped")
	flags.IntVar(&b.rounds, "rounds", 3, "how often each thing is measured")
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
			return fmt.Errorf("unknown group %q: choose from %s", name, strings.Join(names, ", "))
		}
	}
	return b.measure(flags.Args())
}

// measure measures the groups that are named, or all, and prints the table.
func (b *bench) measure(names []string) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "restail-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	if b.recordings, err = os.MkdirTemp("/dev/shm", "restail-bench-"); err != nil {
		b.recordings = b.folder
	}
	defer os.RemoveAll(b.recordings)
	if b.null, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
		return err
	}
	defer b.null.Close()
	b.sender = newSender()
	defer b.sender.close()
	b.corpus = newCorpus(corpusEvents, len(connectionSlugs))
	fmt.Printf("%d cores, %s/%s, %s; %d different events of %d bytes on average, medians of %d rounds\n\n", runtime.NumCPU(),
		runtime.GOOS, runtime.GOARCH, runtime.Version(), corpusEvents, b.corpus.events.mean(), b.rounds)
	var table []row
	begin := machineNow()
	for _, group := range groups {
		if len(names) > 0 && !slices.Contains(names, group.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring:", group.name)
		rows, err := group.run(b)
		if err != nil {
			return fmt.Errorf("%s: %w", group.name, err)
		}
		table = append(table, rows...)
	}
	table = append(table, machineNow().since(begin)...)
	fmt.Println(strings.Join(render(table), "\n"))
	return nil
}
