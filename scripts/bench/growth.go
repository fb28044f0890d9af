//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
)

// growth measures whether anything gets slower or larger with more.
func (b *bench) growth() ([]row, error) {
	rows := []row{}
	for _, measure := range []func() ([]row, error){b.manyFrames, b.manyConnections, b.largeFrames} {
		more, err := measure()
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// flat is how much the largest of some measurements may exceed the smallest.
const flat = 1.3

// point is a measurement, and what it was of.
type point struct {
	of    string
	value float64
}

// flatRow is the row of measurements that should be the same.
func flatRow(what, unit string, points []point) row {
	values := []float64{}
	for _, p := range points {
		values = append(values, p.value)
	}
	times := slices.Max(values) / slices.Min(values)
	return row{what, list(points, unit), fmt.Sprintf("flat, within %g", flat), verdictOf(times <= flat)}
}

// linearRow is the row of what a KiB costs in frames of more and more of them.
// A frame that is no larger costs something too, so that the share of a KiB may
// fall; what must not happen is that it rises.
func linearRow(what, unit string, points []point) row {
	least, rise := points[0].value, 1.0
	for _, p := range points {
		rise = max(rise, p.value/least)
		least = min(least, p.value)
	}
	return row{what, list(points, unit), fmt.Sprintf("rises by no more than %g", flat), verdictOf(rise <= flat)}
}

func list(points []point, unit string) string {
	cells := []string{}
	for _, p := range points {
		cells = append(cells, fmt.Sprintf("%s: %.0f", p.of, p.value))
	}
	return strings.Join(cells, ", ") + " " + unit
}

// pace is the nanoseconds of CPU time that a client takes for a frame of a
// corpus, the best of some runs: what disturbs only adds to it.
func (b *bench) pace(who []string, c *corpus, frames, runs int) (nanoseconds float64, peak int, err error) {
	for range runs {
		o, err := b.run(client{args: who}, show{corpus: c, frames: frames}, nil)
		if err != nil {
			return 0, 0, err
		}
		if each := float64(o.cpu.Nanoseconds()) / float64(frames); nanoseconds == 0 || each < nanoseconds {
			nanoseconds = each
		}
		peak = max(peak, o.peak)
	}
	return nanoseconds, peak, nil
}

// following is restail's command line at its plainest.
func (b *bench) following() []string { return []string{b.restail, "tail", "-q", "--no-reconnect"} }

// manyFrames asks for the CPU time of a frame without that of the start, which a
// run of one frame has.
func (b *bench) manyFrames() ([]row, error) {
	points, peaks := []point{}, []point{}
	start, _, err := b.pace(b.following(), b.corpus, 1, b.rounds)
	if err != nil {
		return nil, err
	}
	for _, step := range []struct {
		of           string
		frames, runs int
	}{{"10^4", 1e4, b.rounds}, {"10^5", 1e5, b.rounds}, {"10^6", 1e6, 2}, {"10^7", 1e7, 1}} {
		each, peak, err := b.pace(b.following(), b.corpus, step.frames, step.runs)
		if err != nil {
			return nil, err
		}
		points = append(points, point{step.of, each - start/float64(step.frames)})
		peaks = append(peaks, point{step.of, float64(peak) / 1024})
	}
	rows := []row{flatRow("CPU time for a frame without that of the start, by frames", "ns", points)}
	if peaks[0].value > 0 {
		rows = append(rows, flatRow("peak memory, by frames", "MB", peaks[1:]))
	}
	return rows, nil
}

func (b *bench) manyConnections() ([]row, error) {
	points := []point{}
	for _, connections := range []int{1, 10, 100, 1000} {
		each, _, err := b.pace(b.following(), newCorpus(corpusEvents, connections, 0), 300_000, b.rounds)
		if err != nil {
			return nil, err
		}
		points = append(points, point{fmt.Sprint(connections), each})
	}
	return []row{flatRow("CPU time for a frame, by connections", "ns", points)}, nil
}

// largeFrames asks for the CPU time of a KiB, beside that of L: a large frame
// fits no cache.
func (b *bench) largeFrames() ([]row, error) {
	const total = 128 << 20
	points, copies := []point{}, []point{}
	for _, size := range []int{300, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20} {
		c := newCorpus(max(16, 2<<20/size), len(connectionSlugs), size)
		kib := float64(c.events.mean()) / 1024
		each, _, err := b.pace(b.following(), c, total/c.events.mean(), 2)
		if err != nil {
			return nil, err
		}
		bare, _, err := b.pace([]string{b.self, "copy", b.sender.url(false)}, c, total/c.events.mean(), 2)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%.1f KiB", kib)
		points, copies = append(points, point{name, each / kib}), append(copies, point{name, bare / kib})
	}
	return []row{
		linearRow("CPU time for a KiB, by the frames' size", "ns", points),
		{what: "the same of L", result: list(copies, "ns")},
	}, nil
}
