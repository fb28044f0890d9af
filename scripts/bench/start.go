//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// start measures what one has to wait for, and to download.
func (b *bench) start() ([]row, error) {
	took := map[string][]float64{}
	for range 8 * b.rounds {
		for _, args := range [][]string{{b.empty}, {b.restail, "--help"}} {
			began := time.Now()
			if err := b.command(context.Background(), client{args: args}).Run(); err != nil {
				return nil, err
			}
			took[args[0]] = append(took[args[0]], time.Since(began).Seconds()*1000)
		}
	}
	file, err := os.Stat(b.restail)
	if err != nil {
		return nil, err
	}
	ours, empty := median(took[b.restail]), median(took[b.empty])
	size := float64(file.Size()) / 1e6
	return []row{
		{"`--help`, against an empty Go program", fmt.Sprintf("%.1f ms against %.1f ms, %.2f times", ours, empty, ours/empty), "within 2.5", verdictOf(ours/empty <= 2.5)},
		{"stripped binary", fmt.Sprintf("%.1f MB", size), "under 11 MB", verdictOf(size < 11)},
	}, nil
}

// crowd is how many restail follow a quiet chat at once, and for how long.
const (
	crowd = 200
	quiet = 10 * time.Second
)

// many measures a crowd on one machine.
func (b *bench) many() ([]row, error) {
	if memory(os.Getpid(), "VmHWM") == 0 {
		return []row{missing("200 `restail` on a quiet chat (it needs /proc)")}, nil
	}
	connected := make(chan time.Time, crowd)
	b.sender.play(show{corpus: b.corpus, frames: 3600, rate: 1, stay: true, began: func(at time.Time) { connected <- at }})
	crew := []*exec.Cmd{}
	defer func() {
		for _, process := range crew {
			process.Process.Signal(syscall.SIGTERM)
		}
		for _, process := range crew {
			process.Wait()
		}
	}()
	for range crowd {
		process := b.command(context.Background(), client{args: []string{b.restail, "tail", "-q"}})
		if err := process.Start(); err != nil {
			return nil, err
		}
		crew = append(crew, process)
	}
	for range crowd {
		select {
		case <-connected:
		case <-time.After(patience):
			return nil, fmt.Errorf("not all of %d have connected", crowd)
		}
	}
	time.Sleep(time.Second)
	before := ticks(crew)
	time.Sleep(quiet)
	spent := time.Duration(ticks(crew)-before) * 10 * time.Millisecond
	most, sum := 0, 0
	for _, process := range crew {
		peak := memory(process.Process.Pid, "VmHWM")
		most, sum = max(most, peak), sum+peak
	}
	share := spent.Seconds() / quiet.Seconds() * 100
	return []row{
		{"200 `restail` on a quiet chat: memory of the largest", fmt.Sprintf("%s, %s on average", mebibytes(most), mebibytes(sum/crowd)), "under 12 MB", verdictOf(most < 12<<10)},
		{"their CPU time, all together", fmt.Sprintf("%.1f %% of one core", share), "under 20 %", verdictOf(share < 20)},
	}, nil
}

// ticks is the CPU time that processes have had, in hundredths of a second.
func ticks(of []*exec.Cmd) int {
	sum := 0
	for _, process := range of {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process.Process.Pid))
		if err != nil {
			continue
		}
		// After the name in parentheses, utime and stime are fields 12 and 13.
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		for _, field := range fields[min(11, len(fields)):min(13, len(fields))] {
			n, _ := strconv.Atoi(field)
			sum += n
		}
	}
	return sum
}
