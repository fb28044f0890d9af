//go:build unix

package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

//go:embed pyrestream.py
var pyrestream string

// peer is what somebody would use without restail.
type peer struct {
	name string
	// needs are the commands that must be there; with says whether it is
	// installed, when that takes more than commands.
	needs  []string
	with   []string
	args   []string
	frames int     // in thousands
	times  float64 // how much faster restail must be
}

// wireProjection is the projection of throughput.go on the wire's own form.
const wireProjection = `select(.action == "event" and .payload.eventSourceId == 2) | .payload.eventPayload | {author: .author.displayName, text}`

var peers = []peer{
	{
		name: "wscat | jq -c", needs: []string{"wscat", "jq"}, frames: 60, times: 8,
		args: []string{"sh", "-c", `wscat -c "$RESTAIL_URL?accessToken=bench" | jq -c "$0"`, wireProjection},
	},
	{
		name: "pyrestream (Python)", needs: []string{"python3"}, with: []string{"python3", "-c", "import pyrestream"},
		frames: 30, times: 20, args: []string{"python3", "-uc", pyrestream},
	},
}

// installed tells whether a peer can be measured here.
func (b *bench) installed(p peer) bool {
	for _, name := range p.needs {
		if _, err := exec.LookPath(name); err != nil {
			return false
		}
	}
	if len(p.with) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return b.command(ctx, client{args: p.with}).Run() == nil
}

// measurePeers adds the speeds of the peers that are installed.
func (b *bench) measurePeers(speed map[string][]float64) error {
	for _, p := range peers {
		if !b.installed(p) {
			continue
		}
		frames := p.frames * 1000
		lines, took, err := b.follow(client{args: p.args}, show{corpus: b.corpus, frames: frames, stay: true}, 64<<10, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		expected := b.corpus.twitchIn(frames)
		if lines < expected*9/10 {
			return fmt.Errorf("%s: %d lines, not %d", p.name, lines, expected)
		}
		// What is held in a buffer for ever does not count.
		speed[p.name] = append(speed[p.name], float64(frames)*float64(lines)/float64(expected)/took.Seconds())
	}
	return nil
}

// peerRows compare the filter with the peers' same work.
func (b *bench) peerRows(speed map[string][]float64) []row {
	rows := []row{}
	for _, p := range peers {
		what := "the filter against `" + p.name + "`"
		if len(speed[p.name]) == 0 {
			rows = append(rows, missing(what))
			continue
		}
		times := ratio(speed["filter"], speed[p.name])
		rows = append(rows, row{what,
			fmt.Sprintf("%s against %s, %.1f times", rate(median(speed["filter"])), rate(median(speed[p.name])), times),
			fmt.Sprintf("%g times", p.times), verdictOf(times >= p.times)})
	}
	return rows
}

// silence is how long a peer must have written nothing to have come to an end.
const silence = 2 * time.Second

// follow lets a peer see a show, and tells how many lines it wrote and how
// long after the handshake it wrote the last: peers need not end by
// themselves. Its stdin stays open, which wscat wants.
func (b *bench) follow(c client, s show, piece int, pause time.Duration) (lines int, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	handshake := make(chan time.Time, 1)
	s.began = func(at time.Time) {
		select {
		case handshake <- at:
		default:
		}
	}
	b.sender.play(s)
	process := b.command(ctx, c)
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a pipeline ends as one
	if _, err := process.StdinPipe(); err != nil {
		return 0, 0, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return 0, 0, err
	}
	defer out.Close()
	process.Stdout = in
	err = process.Start()
	in.Close()
	if err != nil {
		return 0, 0, err
	}
	defer process.Wait()
	defer syscall.Kill(-process.Process.Pid, syscall.SIGKILL)

	var began time.Time
	select {
	case began = <-handshake:
	case <-ctx.Done():
		return 0, 0, errors.New("it has not connected")
	}
	last := began
	buf := make([]byte, piece)
	for ctx.Err() == nil {
		out.SetReadDeadline(time.Now().Add(silence))
		n, err := out.Read(buf)
		if err != nil {
			break // the end, or silence
		}
		last = time.Now()
		lines += bytes.Count(buf[:n], []byte{'\n'})
		time.Sleep(pause)
	}
	return lines, last.Sub(began), ctx.Err()
}
