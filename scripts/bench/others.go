//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// replay measures restail and jq on one recording of 100,000 events.
func (b *bench) replay() ([]row, error) {
	const rounds = 25
	file := filepath.Join(b.folder, "recording.raw")
	lines := append(bytes.Join(b.corpus.opening.messages, []byte("\n")), '\n')
	events := append(bytes.Join(b.corpus.events.messages, []byte("\n")), '\n')
	if err := os.WriteFile(file, append(lines, bytes.Repeat(events, rounds)...), 0o600); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	clients := []client{{args: []string{b.restail, "replay", "-q", file}}}
	if _, err := exec.LookPath("jq"); err == nil {
		clients = append(clients, client{args: []string{"jq", "-c", ".", file}})
	}
	speed := [2][]float64{}
	for range b.rounds {
		for i, c := range clients {
			o, err := b.run(c, show{})
			if err != nil {
				return nil, err
			}
			speed[i] = append(speed[i], rounds*corpusEvents/o.wall.Seconds())
		}
	}
	return []row{timesRow("`replay`, ndjson, against `jq -c .` on the same file", speed[0], speed[1])}, nil
}

// latency measures how long it takes from sending a frame to its line on stdout.
func (b *bench) latency() ([]row, error) {
	ours, copied := []float64{}, []float64{} // ms
	for range b.rounds {
		delay, err := b.delay(b.role("wide"), 0)
		if err != nil {
			return nil, err
		}
		copied = append(copied, delay)
		if delay, err = b.delay(b.tail(), 1); err != nil {
			return nil, err
		}
		ours = append(ours, delay)
	}
	r := row{what: "half of the lines are out within, at 1,000 actions a second",
		result: fmt.Sprintf("%.2f ms, the copy's %.2f ms", median(ours), median(copied))}
	r.atMost(median(ours), 1)
	return []row{r}, nil
}

// delay sends two seconds of a paced show and returns the median of the time from frame
// to line, in ms. The client writes links lines before the first frame's.
func (b *bench) delay(c client, links int) (float64, error) {
	const perSecond, frames = 1000, 2000
	began := time.Now()
	var sent [frames]atomic.Int64
	seen := []time.Duration{}
	c.pipe = true
	c.line = func(when time.Time) { seen = append(seen, when.Sub(began)) }
	s := show{corpus: b.corpus, frames: frames, rate: perSecond}
	s.sent = func(event int, when time.Time) { sent[event].Store(int64(when.Sub(began))) }
	if _, err := b.run(c, s); err != nil {
		return 0, err
	}
	first := len(b.corpus.opening.ends) + links
	if len(seen) < first+frames {
		return 0, fmt.Errorf("%d lines, not %d", len(seen), first+frames)
	}
	delays := []float64{}
	for i := frames / 10; i < frames; i++ { // the first are warming up
		delays = append(delays, (seen[first+i]-time.Duration(sent[i].Load())).Seconds()*1e3)
	}
	return median(delays), nil
}

// lost sends many frames and at once a close frame, to clients whose reader is slow.
func (b *bench) lost() ([]row, error) {
	const (
		what   = "200,000 frames and at once a close, slow reader: lines that "
		frames = 200_000
	)
	s := show{corpus: b.corpus, frames: frames}
	want := frames + len(b.corpus.opening.ends)
	c := b.tail()
	c.pipe, c.slow = true, true
	o, err := b.run(c, s)
	if err != nil {
		return nil, err
	}
	gone := want + linkRecords - o.lines
	ours := row{what: what + "are lost", result: fmt.Sprint(gone)}
	ours.atMost(float64(gone), 0)
	wscat := b.wscat(`exec wscat -c "$RESTAIL_URL?accessToken=bench"`)
	if wscat == nil {
		return []row{ours}, nil
	}
	wscat.slow = true
	o, err = b.run(*wscat, s)
	return []row{ours, {what: what + "`wscat` loses", result: fmt.Sprint(want - o.lines)}}, err
}

// memory measures what restail needs on a quiet chat, and whether it needs more for
// more frames or connections.
func (b *bench) memory() ([]row, error) {
	quiet, err := b.run(b.tail("--timeout=10s"), show{corpus: b.corpus, frames: 3600, rate: 1, stay: true})
	if err != nil {
		return nil, err
	}
	rows := []row{memoryRow("peak memory on a quiet chat", quiet.peak, 12)}
	byFrames, byConnections := []load{}, []load{}
	for _, n := range []int{1, 10} {
		byFrames = append(byFrames, load{fmt.Sprintf("%d million", n), b.corpus, n * 1_000_000})
	}
	for _, n := range []int{1, 10, 100, 1000} {
		byConnections = append(byConnections, load{fmt.Sprint(n), newCorpus(n), 300_000})
	}
	more, err := b.growth("by frames", byFrames)
	if err != nil {
		return nil, err
	}
	rows = append(rows, more...)
	more, err = b.growth("by connections", byConnections)
	return append(rows, more...), err
}

// load is what a restail gets at full speed.
type load struct {
	name   string
	corpus *corpus
	frames int
}

// growth measures CPU time and memory of loads that should cost the same. They take
// turns, since a shared machine changes from one minute to the next.
func (b *bench) growth(what string, loads []load) ([]row, error) {
	cpu, peak := make([][]float64, len(loads)), make([][]float64, len(loads)) // ns; MiB
	for round := range b.rounds {
		for i, l := range loads {
			if round > 0 && l.frames > 1_000_000 {
				continue // once is enough
			}
			o, err := b.run(b.tail(), show{corpus: l.corpus, frames: l.frames})
			if err != nil {
				return nil, err
			}
			cpu[i] = append(cpu[i], float64(o.cpu.Nanoseconds())/float64(l.frames))
			peak[i] = append(peak[i], float64(o.peak)/1024)
		}
	}
	return []row{flatRow("CPU time of a frame, "+what, "%s: %.0f ns", loads, cpu), flatRow("peak memory, "+what, "%s: %.1f MiB", loads, peak)}, nil
}

// flatRow says whether the largest of some medians hardly exceeds the smallest.
func flatRow(what, cell string, loads []load, measured [][]float64) row {
	const flat = 1.3
	cells, medians := []string{}, []float64{}
	for i, l := range loads {
		medians = append(medians, median(measured[i]))
		cells = append(cells, fmt.Sprintf(cell, l.name, medians[i]))
	}
	r := row{what: what, result: strings.Join(cells, ", ")}
	r.judge(slices.Max(medians) <= flat*slices.Min(medians), fmt.Sprintf("flat, within %g", flat))
	return r
}
