//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// projection is a jq program; restail and jq do the same with it.
const projection = `select(.platform=="twitch") | {author,text}`

// linkRecords are those of every show here: connected, lost, ended.
const linkRecords = 3

// A contender is a client that is sent frames as fast as it reads.
type contender struct {
	name, what string
	args       []string // of restail, or of this program when the first is a role
	pipe       bool     // its stdout is a pipe, not /dev/null
	frames     int      // in thousands
	to         string   // what it is compared with
	least      float64  // of that; 0: no floor
	record     string   // the name of the recording; "" for none
}

var contenders = []contender{
	{name: "narrow", what: "copying frames through coder/websocket to /dev/null", args: []string{"copy"}, frames: 1000},
	{name: "L", what: "L: the same with 64 KiB under the connection", args: []string{"copy", "wide"}, frames: 1000},
	{name: "raw", what: "`-o raw`", args: []string{"-o", "raw"}, frames: 1000, to: "L", least: 0.68},
	{name: "ndjson", what: "`-o ndjson`", args: []string{"-o", "ndjson"}, frames: 1000, to: "L", least: 0.40},
	{name: "-w", what: "`-o ndjson -w show.raw`", args: []string{"-o", "ndjson"}, record: "show.raw", frames: 500, to: "ndjson", least: 0.90},
	{name: "-w gz", what: "`-o ndjson -w show.raw.gz`", args: []string{"-o", "ndjson"}, record: "show.raw.gz", frames: 500, to: "ndjson"},
	{name: "fields", what: "`-p twitch --fields author,text`", args: []string{"-p", "twitch", "--fields", "author,text"}, frames: 1000, to: "L"},
	{name: "text", what: "`-o text`", args: []string{"-o", "text"}, frames: 500, to: "L", least: 0.38},
	{name: "filter", what: "`-f '" + projection + "'`", args: []string{"-f", projection}, frames: 400, to: "L", least: 0.38},
	{name: "the copy into it", what: "copying frames into a pipe", args: []string{"copy"}, pipe: true, frames: 1000},
	{name: "pipe", what: "`-o ndjson` into a pipe", args: []string{"-o", "ndjson"}, pipe: true, frames: 1000, to: "the copy into it", least: 0.52},
	{name: "obvious", what: "the obvious client: the same records by conn.Read and encoding/json", args: []string{"naive"}, frames: 50},
}

// client returns the process of a contender.
func (c contender) client(b *bench) client {
	if _, ok := roles[c.args[0]]; ok {
		return client{append([]string{b.self, c.args[0], b.sender.url()}, c.args[1:]...)}
	}
	args := append([]string{b.restail, "tail", "-q", "--no-reconnect"}, c.args...)
	if c.record != "" {
		args = append(args, "-w", filepath.Join(b.recordings, c.record))
	}
	return client{args}
}

// speeds are measurements by contender.
type speeds struct {
	perSecond, cpu map[string][]float64 // frames; µs for a frame
	peak           int                  // of restail's memory, in KiB
	recordingPeak  int                  // the same with -w
}

// speed measures all contenders in turn, round after round.
func (b *bench) speed() ([]row, error) {
	s := &speeds{map[string][]float64{}, map[string][]float64{}, 0, 0}
	for range b.rounds {
		for _, c := range contenders {
			if err := b.contend(c, s); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
		}
		if err := b.measureWscat(s); err != nil {
			return nil, err
		}
	}
	return s.rows(), nil
}

func (b *bench) contend(c contender, s *speeds) error {
	var read func(io.Reader) (int, error)
	if c.pipe {
		read = func(from io.Reader) (int, error) { return countLines(from, 64<<10, 0) }
	}
	frames := c.frames * 1000
	o, err := b.run(c.client(b), show{corpus: b.corpus, frames: frames}, read)
	if err != nil {
		return err
	}
	want := frames + len(b.corpus.opening.ends)
	if _, ours := roles[c.args[0]]; !ours {
		want += linkRecords
		peak := &s.peak
		if c.record != "" {
			peak = &s.recordingPeak
			if err := os.Remove(filepath.Join(b.recordings, c.record)); err != nil {
				return err
			}
		}
		*peak = max(*peak, o.peak)
	}
	if c.pipe && o.lines != want {
		return fmt.Errorf("%d lines, not %d", o.lines, want)
	}
	s.perSecond[c.name] = append(s.perSecond[c.name], float64(frames)/o.wall.Seconds())
	s.cpu[c.name] = append(s.cpu[c.name], o.cpu.Seconds()*1e6/float64(frames))
	return nil
}

func (s *speeds) rows() []row {
	rows := []row{}
	for _, c := range contenders {
		r := row{what: c.what, result: fmt.Sprintf("%s, %.2f µs of CPU", rate(median(s.perSecond[c.name])), median(s.cpu[c.name]))}
		if c.to != "" {
			share := ratio(s.perSecond[c.name], s.perSecond[c.to])
			r.result += fmt.Sprintf(": %.2f of %s", share, c.to)
			if c.least > 0 {
				r.atLeast(share, c.least)
			}
		}
		rows = append(rows, r)
	}
	cpu := row{what: "CPU time of `-o ndjson`", result: fmt.Sprintf("%.2f of L, %.2f of the obvious client", ratio(s.cpu["ndjson"], s.cpu["L"]), ratio(s.cpu["ndjson"], s.cpu["obvious"]))}
	// A tenth more than 4.7 µs where the copy takes 1.2 µs.
	cpu.atMost(ratio(s.cpu["ndjson"], s.cpu["L"]), 4.3)
	peak := row{what: "peak memory at full speed", result: mebibytes(s.peak)}
	peak.atMost(float64(s.peak)/1024, 22)
	recording := row{what: "peak memory at full speed with `-w`", result: mebibytes(s.recordingPeak)}
	recording.atMost(float64(s.recordingPeak)/1024, 22+64) // --buffer
	cores := row{what: "cores that `-w show.raw.gz` takes besides", result: fmt.Sprintf("%.2f", s.cores("-w gz")-s.cores("ndjson"))}
	cores.atMost(s.cores("-w gz")-s.cores("ndjson"), 1)
	return append(rows, recording, cores, s.times("`-o ndjson` against the obvious client", "ndjson", "obvious"),
		s.times("the filter against `wscat | jq -c`", "filter", wscat), cpu, peak)
}

// cores is how many cores a contender keeps busy.
func (s *speeds) cores(name string) float64 {
	return median(s.cpu[name]) * median(s.perSecond[name]) / 1e6
}

// times compares a with b, which it must be ten times as fast as.
func (s *speeds) times(what, a, b string) row {
	if len(s.perSecond[b]) == 0 {
		return missing(what)
	}
	times := ratio(s.perSecond[a], s.perSecond[b])
	r := row{what: what, result: fmt.Sprintf("%s against %s: %.1f times", rate(median(s.perSecond[a])), rate(median(s.perSecond[b])), times)}
	r.atLeast(times, 10)
	return r
}
