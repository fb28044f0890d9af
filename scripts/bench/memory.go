//go:build unix

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// following is restail's command line at its plainest.
func (b *bench) following() []string { return []string{b.restail, "tail", "-q", "--no-reconnect"} }

// memory measures what restail needs on a quiet chat, and whether it needs more for
// more frames or connections.
func (b *bench) memory() ([]row, error) {
	quiet, err := b.quiet(10 * time.Second)
	if err != nil {
		return nil, err
	}
	rows := []row{quiet}
	frames, connections := []load{}, []load{}
	for _, n := range []int{1, 10} {
		frames = append(frames, load{fmt.Sprintf("%d million", n), b.corpus, n * 1_000_000})
	}
	for _, n := range []int{1, 10, 100, 1000} {
		connections = append(connections, load{fmt.Sprint(n), newCorpus(corpusEvents, n), 300_000})
	}
	for _, of := range []struct {
		what  string
		loads []load
	}{{"by frames", frames}, {"by connections", connections}} {
		more, err := b.growth(of.what, of.loads)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// quiet measures a restail that gets an action a second.
func (b *bench) quiet(during time.Duration) (row, error) {
	connected := make(chan time.Time, 1)
	b.sender.play(show{corpus: b.corpus, frames: 3600, rate: 1, stay: true, began: func(at time.Time) { connected <- at }})
	ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
	defer cancel()
	process := b.command(ctx, client{b.following()})
	if err := process.Start(); err != nil {
		return row{}, err
	}
	defer process.Wait()
	defer process.Process.Kill()
	select {
	case <-connected:
	case <-time.After(processTimeout):
		return row{}, fmt.Errorf("restail does not connect")
	}
	time.Sleep(during)
	peak := peakMemory(process.Process.Pid)
	r := row{what: "peak memory on a quiet chat", result: mebibytes(peak)}
	r.atMost(float64(peak)/1024, 12)
	return r, nil
}

// load is what a restail is given at full speed.
type load struct {
	name   string
	corpus *corpus
	frames int
}

// flat is how much the largest of some measurements may exceed the smallest.
const flat = 1.3

// growth measures CPU time and memory of loads which should cost the same. They run in
// turn, since a shared machine changes from one minute to the next.
func (b *bench) growth(what string, loads []load) ([]row, error) {
	cpu, peak := make([][]float64, len(loads)), make([][]float64, len(loads)) // ns; MiB
	for range b.rounds {
		for i, l := range loads {
			if i > 0 && l.frames > 1_000_000 && len(cpu[i]) > 0 {
				continue // once
			}
			o, err := b.run(client{b.following()}, show{corpus: l.corpus, frames: l.frames}, nil)
			if err != nil {
				return nil, err
			}
			cpu[i] = append(cpu[i], float64(o.cpu.Nanoseconds())/float64(l.frames))
			peak[i] = append(peak[i], float64(o.peak)/1024)
		}
	}
	return []row{flatRow("CPU time of a frame, "+what, "%s: %.0f ns", loads, cpu), flatRow("peak memory, "+what, "%s: %.1f MiB", loads, peak)}, nil
}

func flatRow(what, cell string, loads []load, measured [][]float64) row {
	cells, medians := []string{}, []float64{}
	for i, l := range loads {
		medians = append(medians, median(measured[i]))
		cells = append(cells, fmt.Sprintf(cell, l.name, medians[i]))
	}
	r := row{what: what, result: strings.Join(cells, ", ")}
	r.hold(slices.Max(medians) <= flat*slices.Min(medians), fmt.Sprintf("flat, within %g", flat))
	return r
}
