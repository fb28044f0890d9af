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

// pacing is a client that is given so many frames of a corpus, some times.
type pacing struct {
	who          []string
	corpus       *corpus
	frames, runs int
}

// pace is the nanoseconds of CPU time that a client takes for a frame, the median
// of its runs: the best of short ones would be luckier than a long one can be. peak
// is the most memory, in KiB.
type pace struct {
	each float64
	peak int
}

// paces has the clients run in turns, since a machine that is shared is not the
// same from one minute to the next.
func (b *bench) paces(clients []pacing) ([]pace, error) {
	paces, each := make([]pace, len(clients)), make([][]float64, len(clients))
	rounds := 0
	for _, c := range clients {
		rounds = max(rounds, c.runs)
	}
	for round := range rounds {
		for i, c := range clients {
			if round >= c.runs {
				continue
			}
			o, err := b.run(client{args: c.who}, show{corpus: c.corpus, frames: c.frames}, nil)
			if err != nil {
				return nil, err
			}
			each[i] = append(each[i], float64(o.cpu.Nanoseconds())/float64(c.frames))
			paces[i] = pace{median(each[i]), max(paces[i].peak, o.peak)}
		}
	}
	return paces, nil
}

// following is restail's command line at its plainest.
func (b *bench) following() []string { return []string{b.restail, "tail", "-q", "--no-reconnect"} }

// manyFrames asks for the CPU time of a frame without that of the start, which a
// run of one frame has.
func (b *bench) manyFrames() ([]row, error) {
	clients := []pacing{}
	for _, step := range []struct{ frames, runs int }{{1, 3 * b.rounds}, {1e4, 3 * b.rounds}, {1e5, b.rounds}, {1e6, 3}, {1e7, 1}} {
		clients = append(clients, pacing{b.following(), b.corpus, step.frames, step.runs})
	}
	paces, err := b.paces(clients)
	if err != nil {
		return nil, err
	}
	points, peaks := []point{}, []point{}
	for i, name := range []string{"", "10^4", "10^5", "10^6", "10^7"} {
		if i > 0 {
			points = append(points, point{name, paces[i].each - paces[0].each/float64(clients[i].frames)})
			peaks = append(peaks, point{name, float64(paces[i].peak) / 1024})
		}
	}
	rows := []row{flatRow("CPU time for a frame without that of the start, by frames", "ns", points)}
	if peaks[0].value > 0 {
		rows = append(rows, flatRow("peak memory, by frames", "MB", peaks[1:]))
	}
	return rows, nil
}

func (b *bench) manyConnections() ([]row, error) {
	clients, points := []pacing{}, []point{}
	for _, connections := range []int{1, 10, 100, 1000} {
		points = append(points, point{of: fmt.Sprint(connections)})
		clients = append(clients, pacing{b.following(), newCorpus(corpusEvents, connections, 0), 300_000, b.rounds})
	}
	paces, err := b.paces(clients)
	if err != nil {
		return nil, err
	}
	for i, p := range paces {
		points[i].value = p.each
	}
	return []row{flatRow("CPU time for a frame, by connections", "ns", points)}, nil
}

// largeFrames asks for the CPU time of a KiB, beside that of L: a large frame
// fits no cache.
func (b *bench) largeFrames() ([]row, error) {
	const total = 128 << 20
	clients := []pacing{}
	for _, size := range []int{300, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20} {
		c := newCorpus(max(16, 2<<20/size), len(connectionSlugs), size)
		for _, who := range [][]string{b.following(), {b.self, "copy", b.sender.url(false)}} {
			clients = append(clients, pacing{who, c, total / c.events.mean(), b.rounds})
		}
	}
	paces, err := b.paces(clients)
	if err != nil {
		return nil, err
	}
	points := [2][]point{} // restail's and L's
	for i, p := range paces {
		kib := float64(clients[i].corpus.events.mean()) / 1024
		points[i%2] = append(points[i%2], point{fmt.Sprintf("%.1f KiB", kib), p.each / kib})
	}
	return []row{
		linearRow("CPU time for a KiB, by the frames' size", "ns", points[0]),
		{what: "the same of L", result: list(points[1], "ns")},
	}, nil
}
