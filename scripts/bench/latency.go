//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// latency measures how long it takes from a frame's sending to its line on stdout.
func (b *bench) latency() ([]row, error) {
	const perSecond = 1000
	ours, copied := []float64{}, []float64{} // ms
	for range b.rounds {
		delay, err := b.delay(client{[]string{b.self, "copy", b.sender.url(), "wide"}}, perSecond, 0)
		if err != nil {
			return nil, err
		}
		copied = append(copied, delay)
		if delay, err = b.delay(client{[]string{b.restail, "tail", "-q", "--no-reconnect"}}, perSecond, 1); err != nil {
			return nil, err
		}
		ours = append(ours, delay)
	}
	r := row{what: "half of the lines are out within, at 1,000 actions a second",
		result: fmt.Sprintf("%.2f ms, the copy's %.2f ms", median(ours), median(copied))}
	r.atMost(median(ours), 1)
	return []row{r}, nil
}

// delay lets a client see two seconds of a paced show and returns the median of the
// time from frame to line, in ms. The client writes links lines before the first
// frame's.
func (b *bench) delay(c client, perSecond, links int) (float64, error) {
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
		return 0, err
	}
	first := len(b.corpus.opening.ends) + links
	if len(seen) < first+frames {
		return 0, fmt.Errorf("%d lines, not %d", len(seen), first+frames)
	}
	delays := make([]float64, 0, frames)
	for i := frames / 10; i < frames; i++ { // the first are warming up
		delays = append(delays, float64(int64(seen[first+i])-sent[i].Load())/1e6)
	}
	return median(delays), nil
}
