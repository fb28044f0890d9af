//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"
)

// latency measures how long it takes from a frame's sending to its line on
// stdout, beside a copy that hands over what it has whenever it may wait.
func (b *bench) latency() ([]row, error) {
	rows := []row{}
	goals := []struct {
		percent int
		most    float64
	}{{50, 1.25}, {90, 1.2}}
	for _, perSecond := range []int{1_000, 10_000} {
		ours, bare := map[int][]float64{}, map[int][]float64{} // µs, by percent
		for range b.rounds {
			copied, err := b.delays(client{args: []string{b.self, "copy", b.sender.url(false), "wide"}}, perSecond, 0)
			if err != nil {
				return nil, err
			}
			followed, err := b.delays(client{args: []string{b.restail, "tail", "-q", "--no-reconnect"}}, perSecond, 1)
			if err != nil {
				return nil, err
			}
			for _, goal := range goals {
				ours[goal.percent] = append(ours[goal.percent], percentile(followed, goal.percent))
				bare[goal.percent] = append(bare[goal.percent], percentile(copied, goal.percent))
			}
		}
		for _, goal := range goals {
			ours, bare := ours[goal.percent], bare[goal.percent]
			times := ratio(ours, bare)
			rows = append(rows, row{
				fmt.Sprintf("latency, %d frames/s, p%d", perSecond, goal.percent),
				fmt.Sprintf("%.0f µs, the copy %.0f µs, %.2f times", median(ours), median(bare), times),
				fmt.Sprintf("within %g", goal.most), verdictOf(times <= goal.most)})
		}
	}
	return rows, nil
}

// delays lets a client see two seconds of a paced show and tells how long each
// event took. The client writes links lines before the first frame's.
func (b *bench) delays(c client, perSecond, links int) ([]time.Duration, error) {
	frames := 2 * perSecond
	began := time.Now()
	sent, seen := make([]atomic.Int64, frames), make([]time.Duration, 0, frames+100)
	s := show{corpus: b.corpus, frames: frames, rate: perSecond}
	s.sent = func(event int, at time.Time) { sent[event].Store(int64(at.Sub(began))) }
	_, err := b.run(c, s, func(from io.Reader) (int, error) {
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			now := time.Since(began)
			for range bytes.Count(buf[:n], []byte{'\n'}) {
				seen = append(seen, now)
			}
			if err != nil {
				return len(seen), nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	first := len(b.corpus.opening.ends) + links
	if len(seen) < first+frames {
		return nil, fmt.Errorf("%d lines, not %d", len(seen), first+frames)
	}
	delays := make([]time.Duration, 0, frames)
	for i := frames / 10; i < frames; i++ { // the first are warming up
		delays = append(delays, seen[first+i]-time.Duration(sent[i].Load()))
	}
	return delays, nil
}

// percentile returns so many percent of the delays' time, in µs.
func percentile(of []time.Duration, percent int) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return float64(sorted[(len(sorted)-1)*percent/100]) / 1e3
}

// lost sends many frames and at once the close, to clients whose reader is
// slow.
func (b *bench) lost() ([]row, error) {
	const (
		frames = 200_000
		piece  = 32 << 10
		pause  = time.Millisecond
	)
	s := show{corpus: b.corpus, frames: frames}
	want := frames + len(b.corpus.opening.ends)
	o, err := b.run(client{args: []string{b.restail, "tail", "-q", "--no-reconnect"}}, s, func(from io.Reader) (int, error) {
		return countLines(from, piece, pause)
	})
	if err != nil {
		return nil, err
	}
	what := "200,000 frames and at once a close, slow reader"
	gone := want - (o.lines - linkRecords)
	rows := []row{{what + ": lines lost", fmt.Sprint(gone), "0", verdictOf(gone == 0)}}
	wscat := peer{needs: []string{"wscat"}}
	if !b.installed(wscat) {
		return append(rows, missing(what+", `wscat`")), nil
	}
	lines, _, err := b.follow(client{args: []string{"wscat", "-c", b.sender.url(false) + "?accessToken=bench"}}, s, piece, pause)
	if err != nil {
		return nil, err
	}
	return append(rows, row{what: what + ": lines that `wscat` loses", result: fmt.Sprint(want - lines)}), nil
}
