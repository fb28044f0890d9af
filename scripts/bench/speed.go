//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// projection is a jq program for restail, and wireProjection does the same with what
// the service sends.
const (
	projection     = `select(.platform=="twitch") | {author,text}`
	wireProjection = `select(.action == "event" and .payload.eventSourceId == 2) | .payload.eventPayload | {author: .author.displayName, text}`
)

// linkRecords are those of every show here: connected, lost, ended.
const linkRecords = 3

// A contender is a client that gets frames as fast as it reads.
type contender struct {
	name, what string
	args       []string // of restail, or one of the roles
	pipe       bool     // its stdout is a pipe, not /dev/null
	frames     int      // in thousands
	to         string   // the contender that it is compared with
	least      float64  // of that one's speed; 0: no floor
	record     string   // the name of the recording; "" for none
}

var contenders = []contender{
	{name: "narrow", what: "copying frames through coder/websocket to /dev/null", args: []string{"copy"}, frames: 1000},
	{name: "L", what: "L: the same with 64 KiB under the connection", args: []string{"wide"}, frames: 1000},
	{name: "raw", what: "`-o raw`", args: []string{"-o", "raw"}, frames: 1000, to: "L", least: 0.68},
	{name: "ndjson", what: "`-o ndjson`", args: []string{"-o", "ndjson"}, frames: 1000, to: "L", least: 0.40},
	{name: "-w", what: "`-o ndjson -w show.raw`", args: []string{"-o", "ndjson"}, record: "show.raw", frames: 1000, to: "ndjson"},
	{name: "-w gz", what: "`-o ndjson -w show.raw.gz`", args: []string{"-o", "ndjson"}, record: "show.raw.gz", frames: 1000, to: "ndjson"},
	{name: "fields", what: "`-p twitch --fields author,text`", args: []string{"-p", "twitch", "--fields", "author,text"}, frames: 1000, to: "L"},
	{name: "text", what: "`-o text`", args: []string{"-o", "text"}, frames: 500, to: "L", least: 0.38},
	{name: "filter", what: "`-f '" + projection + "'`", args: []string{"-f", projection}, frames: 400, to: "L", least: 0.38},
	{name: "the copy into it", what: "copying frames into a pipe", args: []string{"copy"}, pipe: true, frames: 1000},
	{name: "pipe", what: "`-o ndjson` into a pipe", args: []string{"-o", "ndjson"}, pipe: true, frames: 1000, to: "the copy into it", least: 0.52},
	{name: "obvious", what: "the obvious client: the same records by conn.Read and encoding/json", args: []string{"naive"}, frames: 50},
}

// tail returns a restail that follows a show.
func (b *bench) tail(args ...string) client {
	return client{args: append([]string{b.restail, "tail", "-q", "--no-reconnect"}, args...)}
}

// role returns this program in a role.
func (b *bench) role(name string) client {
	return client{args: []string{b.self, name, b.sender.url()}}
}

// wscat returns what somebody would use without restail; program is a shell's. It is
// nil when wscat or jq is not installed.
func (b *bench) wscat(program string) *client {
	for _, name := range []string{"wscat", "jq"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil
		}
	}
	return &client{args: []string{"sh", "-c", program, wireProjection}, pipe: true, lingers: true}
}

// speeds are measurements by contender.
type speeds struct {
	perSecond, cpu      map[string][]float64 // frames; µs for a frame
	peak, recordingPeak int                  // of restail's memory, in KiB, without and with -w
}

// speed measures all contenders in turn, round after round.
func (b *bench) speed() ([]row, error) {
	s := &speeds{perSecond: map[string][]float64{}, cpu: map[string][]float64{}}
	for range b.rounds {
		for _, c := range contenders {
			if err := b.contend(c, s); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
		}
		if err := b.contendWscat(s); err != nil {
			return nil, fmt.Errorf("wscat: %w", err)
		}
	}
	return s.rows(), nil
}

func (b *bench) contend(c contender, s *speeds) error {
	process, peak := b.tail(c.args...), &s.peak
	if roles[c.args[0]] != nil {
		process, peak = b.role(c.args[0]), new(int)
	}
	if c.record != "" {
		file := filepath.Join(b.folder, c.record)
		defer os.Remove(file)
		process.args, peak = append(process.args, "-w", file), &s.recordingPeak
	}
	process.pipe = c.pipe
	frames := c.frames * 1000
	o, err := b.run(process, show{corpus: b.corpus, frames: frames})
	if err != nil {
		return err
	}
	want := frames + len(b.corpus.opening.ends)
	if roles[c.args[0]] == nil {
		want += linkRecords
	}
	if c.pipe && o.lines != want {
		return fmt.Errorf("%d lines, not %d", o.lines, want)
	}
	*peak = max(*peak, o.peak)
	s.perSecond[c.name] = append(s.perSecond[c.name], float64(frames)/o.wall.Seconds())
	s.cpu[c.name] = append(s.cpu[c.name], o.cpu.Seconds()*1e6/float64(frames))
	return nil
}

// contendWscat measures wscat and jq, if they are installed.
func (b *bench) contendWscat(s *speeds) error {
	pipeline := b.wscat(`wscat -c "$RESTAIL_URL?accessToken=bench" | jq -c "$0"`)
	if pipeline == nil {
		return nil
	}
	const rounds = 15
	o, err := b.run(*pipeline, show{corpus: b.corpus, frames: rounds * corpusEvents, stay: true})
	if err != nil {
		return err
	}
	// What stays in a buffer of theirs does not count.
	share := float64(o.lines) / float64(rounds*b.corpus.twitch)
	if share < 0.9 {
		return fmt.Errorf("%.0f %% of the lines", 100*share)
	}
	s.perSecond["wscat"] = append(s.perSecond["wscat"], rounds*corpusEvents*share/o.wall.Seconds())
	return nil
}

func (s *speeds) rows() (rows []row) {
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
	ofCopy, ofObvious := ratio(s.cpu["ndjson"], s.cpu["L"]), ratio(s.cpu["ndjson"], s.cpu["obvious"])
	cpu := row{what: "CPU time of `-o ndjson`", result: fmt.Sprintf("%.2f of L, %.2f of the obvious client", ofCopy, ofObvious)}
	cpu.atMost(ofCopy, 4.3)
	besides := s.cores("-w gz") - s.cores("ndjson")
	cores := row{what: "cores that `-w show.raw.gz` takes besides", result: fmt.Sprintf("%.2f", besides)}
	cores.atMost(besides, 1)
	const buffer = 64 // restail's --buffer, in MiB
	return append(rows,
		memoryRow("peak memory at full speed with `-w`", s.recordingPeak, 22+buffer), cores,
		timesRow("`-o ndjson` against the obvious client", s.perSecond["ndjson"], s.perSecond["obvious"]),
		timesRow("the filter against `wscat | jq -c`", s.perSecond["filter"], s.perSecond["wscat"]),
		cpu, memoryRow("peak memory at full speed", s.peak, 22))
}

// cores returns how many cores a contender keeps busy.
func (s *speeds) cores(name string) float64 {
	return median(s.cpu[name]) * median(s.perSecond[name]) / 1e6
}
