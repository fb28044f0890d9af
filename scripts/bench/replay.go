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

// replay measures a recording: no network, one file.
func (b *bench) replay() ([]row, error) {
	file := filepath.Join(b.folder, "recording.ndjson")
	if err := b.record(file); err != nil {
		return nil, err
	}
	readers := map[string]client{
		"restail": {args: []string{b.restail, "replay", "-q", file}},
		"check":   {args: []string{b.check, "check", file}},
		"jq":      {args: []string{"jq", "-c", ".", file}},
	}
	if _, err := exec.LookPath("jq"); err != nil {
		delete(readers, "jq")
	}
	wall, cpu, checker := map[string][]float64{}, map[string][]float64{}, ""
	for range b.rounds {
		for name, c := range readers {
			o, err := b.run(c, show{}, nil)
			if err != nil {
				return nil, err
			}
			if name == "check" {
				checker = o.stderr
			}
			wall[name] = append(wall[name], recorded/o.wall.Seconds())
			cpu[name] = append(cpu[name], recorded/o.cpu.Seconds())
		}
	}
	rows := []row{}
	if len(wall["jq"]) == 0 {
		rows = append(rows, missing("`replay`, ndjson, against `jq -c .` on the same file"))
	} else {
		times := ratio(wall["restail"], wall["jq"])
		rows = append(rows, row{"`replay`, ndjson, against `jq -c .` on the same file",
			fmt.Sprintf("%s against %s, %.1f times", rate(median(wall["restail"])), rate(median(wall["jq"])), times),
			"3 times", verdictOf(times >= 3)})
	}
	share := ratio(cpu["restail"], cpu["check"])
	return append(rows, row{"the same against reading, checking and copying it (" + checker + "), by CPU time",
		fmt.Sprintf("%s against %s, %.2f", rate(median(cpu["restail"])), rate(median(cpu["check"])), share),
		"0.5", verdictOf(share >= 0.5)}), nil
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
