//go:build unix

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// recorded is how many events the recording has.
const recorded = 100_000

// replay measures a recording beside jq: no network, one file.
func (b *bench) replay() ([]row, error) {
	const what = "`replay`, ndjson, against `jq -c .` on the same file"
	if _, err := exec.LookPath("jq"); err != nil {
		return []row{missing(what)}, nil
	}
	file := filepath.Join(b.folder, "recording.ndjson")
	if err := b.record(file); err != nil {
		return nil, err
	}
	speed := map[string][]float64{}
	for range b.rounds {
		for name, args := range map[string][]string{"restail": {b.restail, "replay", "-q", file}, "jq": {"jq", "-c", ".", file}} {
			o, err := b.run(client{args}, show{}, nil)
			if err != nil {
				return nil, err
			}
			speed[name] = append(speed[name], recorded/o.wall.Seconds())
		}
	}
	times := ratio(speed["restail"], speed["jq"])
	r := row{what: what, result: fmt.Sprintf("%s against %s: %.1f times", rate(median(speed["restail"])), rate(median(speed["jq"])), times)}
	r.atLeast(times, 10)
	return []row{r}, nil
}

// record writes what `restail -o raw` would have written.
func (b *bench) record(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	line := func(m []byte) {
		out.Write(m)
		out.WriteByte('\n')
	}
	b.corpus.opening.messages(line)
	for range recorded / len(b.corpus.events.ends) {
		b.corpus.events.messages(line)
	}
	return out.Flush()
}
