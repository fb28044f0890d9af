//go:build unix

// Command killed ends restails that record, at random moments, and compares the
// recordings with what stdout got. scripts/killed.sh builds restail and runs it.
//
// After kill -9 what stdout got more than a second before must be in the recording,
// every line but the last must be whole, and the next run must state a gap that is at
// least as long as it was. After SIGINT nothing may be missing.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	restail    = flag.String("restail", "restail", "the program under test")
	folder     = flag.String("folder", os.TempDir(), "where to record to")
	kills      = flag.Int("kills", 200, "how often to kill a restail")
	interrupts = flag.Int("interrupts", 50, "how often to interrupt one")
	workers    = flag.Int("workers", 4, "how many record at the same time; half of them to .gz files")
)

func main() {
	flag.Parse()
	if err := test(); err != nil {
		fmt.Fprintln(os.Stderr, "killed:", err)
		os.Exit(1)
	}
}

// test serves the built-in show to all workers.
func test() error {
	server := exec.Command(*restail, "serve", "-q", "--loop", "--speed=20")
	stdout, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Wait()
	defer server.Process.Signal(syscall.SIGTERM)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_, url, found := strings.Cut(strings.TrimSpace(line), "=")
	if err != nil || !found {
		return fmt.Errorf("restail serve prints %q: %v", line, err)
	}
	var group sync.WaitGroup
	all := make([]*worker, *workers)
	for n := range all {
		name := filepath.Join(*folder, fmt.Sprintf("%d.raw", n))
		all[n] = &worker{url: url, file: name + []string{"", ".gz"}[n%2], state: name + ".state"}
		group.Go(func() { all[n].work(*kills/(*workers), *interrupts/(*workers)) })
	}
	group.Wait()
	return report(all)
}

func report(all []*worker) error {
	problems := 0
	var latest time.Duration
	for _, w := range all {
		for _, problem := range w.problems {
			fmt.Printf("%s: %s\n", filepath.Base(w.file), problem)
		}
		problems += len(w.problems)
		latest = max(latest, w.latest)
		fmt.Printf("%s: %d runs, %d lines, %d gaps stated\n", filepath.Base(w.file), w.runs, w.lines, w.gaps)
	}
	fmt.Printf("at most the last %v before a kill is missing\n", latest.Round(time.Millisecond))
	if problems > 0 {
		return fmt.Errorf("%d problems", problems)
	}
	return nil
}
