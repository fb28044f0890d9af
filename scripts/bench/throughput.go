//go:build unix

package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// projection is a jq program; restail, jq and Python do the same with it.
const projection = `select(.platform=="twitch") | {author,text}`

// linkRecords are those of every show here: connected, lost, ended.
const linkRecords = 3

// contender is a client at full speed.
type contender struct {
	name   string
	args   []string // of restail, or of this program when the first is a role
	secure bool
	pipe   bool
	links  int // the lines that restail adds about its own link
	// frames is how many thousands of them it is given.
	frames int
}

var contenders = []contender{
	{name: "L", args: []string{"copy"}, frames: 1000},
	{name: "raw", args: []string{"-o", "raw"}, frames: 1000},
	{name: "ndjson", args: []string{"-o", "ndjson"}, frames: 1000},
	{name: "fields", args: []string{"-p", "twitch", "--fields", "author,text"}, frames: 1000},
	{name: "text", args: []string{"-o", "text"}, frames: 500},
	{name: "filter", args: []string{"-f", projection}, frames: 400},
	{name: "L, wide", args: []string{"copy", "wide"}, frames: 1000},
	{name: "L, pipe", args: []string{"copy"}, pipe: true, frames: 1000},
	{name: "ndjson, pipe", args: []string{"-o", "ndjson"}, pipe: true, links: linkRecords, frames: 1000},
	{name: "L, wss", args: []string{"copy"}, secure: true, frames: 500},
	{name: "ndjson, wss", args: []string{"-o", "ndjson"}, secure: true, frames: 500},
	{name: "naive", args: []string{"naive"}, frames: 50},
}

// client is the process of a contender.
func (c contender) client(b *bench) client {
	url := b.sender.url(c.secure)
	if _, ok := roles[c.args[0]]; ok {
		return client{args: append([]string{b.self, c.args[0], url}, c.args[1:]...)}
	}
	return client{args: append([]string{b.restail, "tail", "-q", "--no-reconnect", "--url", url}, c.args...)}
}

// throughput measures everybody in turns, round after round.
func (b *bench) throughput() ([]row, error) {
	speed, cpu := map[string][]float64{}, map[string][]float64{}
	for range b.rounds {
		for _, c := range contenders {
			var read func(io.Reader) (int, error)
			if c.pipe {
				read = fast
			}
			frames := c.frames * 1000
			o, err := b.run(c.client(b), show{corpus: b.corpus, frames: frames}, read)
			if err != nil {
				return nil, err
			}
			if want := frames + len(b.corpus.opening.ends) + c.links; c.pipe && o.lines != want {
				return nil, fmt.Errorf("%s: %d lines, not %d", c.name, o.lines, want)
			}
			speed[c.name] = append(speed[c.name], float64(frames)/o.wall.Seconds())
			cpu[c.name] = append(cpu[c.name], o.cpu.Seconds()*1e6/float64(frames))
			b.peaks[c.name] = max(b.peaks[c.name], o.peak)
		}
		if err := b.measurePeers(speed); err != nil {
			return nil, err
		}
	}
	allocations, err := b.allocations()
	return slices.Concat(speeds(speed, cpu), b.peerRows(speed), b.memories(), []row{allocations}), err
}

// speeds are the rows of full speed: frames a second, the CPU time of one, and
// how that compares.
func speeds(speed, cpu map[string][]float64) []row {
	rows := []row{}
	pace := func(name string) string {
		return fmt.Sprintf("%s, %.2f µs of CPU", rate(median(speed[name])), median(cpu[name]))
	}
	for _, name := range []string{"L", "L, wide", "L, pipe", "L, wss", "naive"} {
		what := map[string]string{
			"L":       "L: frames copied through coder/websocket to /dev/null",
			"L, wide": "the same with 64 KiB under the connection",
			"L, pipe": "L into a pipe", "L, wss": "L over wss",
			"naive": "the obvious client: the same records by conn.Read and encoding/json",
		}[name]
		rows = append(rows, row{what: what, result: pace(name)})
	}
	for _, r := range []struct {
		what, name, to, goal string
		least                float64
	}{
		{"`-o raw` to /dev/null", "raw", "L", "L", 0.9},
		{"`-o ndjson` to /dev/null", "ndjson", "L", "L", 0.8},
		{"`-o ndjson` over wss", "ndjson, wss", "ndjson", "that over ws", 0.85},
		{"`-o ndjson` over wss", "ndjson, wss", "L, wss", "L over wss", 0},
		{"`-o ndjson` into a pipe", "ndjson, pipe", "L, pipe", "L into it", 0.8},
		{"`-o text` to /dev/null", "text", "L", "L", 0.4},
		{"`-f '" + projection + "'`", "filter", "L", "L", 0.25},
		{"`-p twitch --fields author,text`", "fields", "L", "L", 0.8},
		{"`-o ndjson` against the obvious client", "ndjson", "naive", "of it", 15},
	} {
		times := ratio(speed[r.name], speed[r.to])
		line := row{what: r.what, result: fmt.Sprintf("%s: %.2f %s", pace(r.name), times, r.goal)}
		if r.least > 0 {
			line.goal, line.met = fmt.Sprintf("%g", r.least), verdictOf(times >= r.least)
		}
		rows = append(rows, line)
	}
	return rows
}

// memories are the peaks of the runs at full speed.
func (b *bench) memories() []row {
	plain := max(b.peaks["raw"], b.peaks["ndjson"], b.peaks["text"], b.peaks["fields"], b.peaks["ndjson, pipe"])
	rows := []row{}
	for _, m := range []struct {
		what string
		peak int
		most int
	}{
		{"peak memory at full speed without jq", plain, 16},
		{"the same with jq", b.peaks["filter"], 22},
		{"the same over wss", b.peaks["ndjson, wss"], 0},
	} {
		line := row{what: m.what, result: mebibytes(m.peak)}
		if m.most > 0 && m.peak > 0 {
			line.goal, line.met = fmt.Sprintf("under %d MB", m.most), verdictOf(m.peak < m.most<<10)
		}
		rows = append(rows, line)
	}
	return rows
}

// allocations counts how often restail allocates for a frame.
func (b *bench) allocations() (row, error) {
	const frames = 1_000_000
	o, err := b.run(client{args: []string{b.self, "allocs", b.sender.url(false)}}, show{corpus: b.corpus, frames: frames}, nil)
	if err != nil {
		return row{}, err
	}
	count, err := strconv.Atoi(strings.TrimSpace(o.stderr))
	if err != nil {
		return row{}, fmt.Errorf("allocations: %w", err)
	}
	each := float64(count) / frames
	return row{"allocations a frame, `-o ndjson`", fmt.Sprintf("%.3f", each), "under 0.2", verdictOf(each < 0.2)}, nil
}
