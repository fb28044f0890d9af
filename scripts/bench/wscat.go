//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// wscat is what somebody would use without restail, together with jq.
const wscat = "wscat"

// wireProjection is the projection on the wire's own form.
const wireProjection = `select(.action == "event" and .payload.eventSourceId == 2) | .payload.eventPayload | {author: .author.displayName, text}`

// wscatInstalled tells whether wscat and jq are on the PATH.
func wscatInstalled() bool {
	_, noWscat := exec.LookPath("wscat")
	_, noJQ := exec.LookPath("jq")
	return noWscat == nil && noJQ == nil
}

// measureWscat adds the speed of wscat and jq, if they are installed.
func (b *bench) measureWscat(s *speeds) error {
	if !wscatInstalled() {
		return nil
	}
	const frames = 60_000
	pipeline := client{[]string{"sh", "-c", `wscat -c "$RESTAIL_URL?accessToken=bench" | jq -c "$0"`, wireProjection}}
	lines, took, err := b.follow(pipeline, show{corpus: b.corpus, frames: frames, stay: true}, 64<<10, 0)
	if err != nil {
		return fmt.Errorf("wscat: %w", err)
	}
	expected := b.corpus.twitch * frames / len(b.corpus.events.ends)
	if lines < expected*9/10 {
		return fmt.Errorf("wscat: %d lines, not %d", lines, expected)
	}
	// What stays in a buffer of theirs does not count.
	s.perSecond[wscat] = append(s.perSecond[wscat], frames*float64(lines)/float64(expected)/took.Seconds())
	return nil
}

// silence is how long wscat must have written nothing to have come to an end.
const silence = 2 * time.Second

// follow lets a process that need not end by itself see a show. It returns how many
// lines it wrote, and how long after the handshake it wrote the last. Its stdin stays
// open, which wscat wants.
func (b *bench) follow(c client, s show, piece int, pause time.Duration) (lines int, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
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
