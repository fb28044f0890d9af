//go:build unix

package main

import (
	"fmt"
	"io"
	"time"
)

// lost sends many frames and at once a close frame, to clients whose reader is slow.
func (b *bench) lost() ([]row, error) {
	const (
		what   = "200,000 frames and at once a close, slow reader: lines that "
		frames = 200_000
		piece  = 32 << 10
		pause  = time.Millisecond
	)
	s := show{corpus: b.corpus, frames: frames}
	want := frames + len(b.corpus.opening.ends)
	o, err := b.run(client{b.following()}, s, func(from io.Reader) (int, error) { return countLines(from, piece, pause) })
	if err != nil {
		return nil, err
	}
	gone := want - (o.lines - linkRecords)
	ours := row{what: what + "are lost", result: fmt.Sprint(gone)}
	ours.atMost(float64(gone), 0)
	if !wscatInstalled() {
		return []row{ours}, nil
	}
	lines, _, err := b.follow(client{[]string{"wscat", "-c", b.sender.url() + "?accessToken=bench"}}, s, piece, pause)
	return []row{ours, {what: what + "`wscat` loses", result: fmt.Sprint(want - lines)}}, err
}
