//go:build unix

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A worker runs one restail after the other, all of which record to one file.
type worker struct {
	url, file, state string

	before   string    // what the file had after the run before
	complete time.Time // when stdout got the last line that is in the file
	hasState bool      // the run before has written a state
	ups      int       // runs that have recorded a handshake

	runs, lines, gaps int
	latest            time.Duration // between the first missing line and the kill, at most
	problems          []string
}

func (w *worker) problem(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf("run %d: ", w.runs)+fmt.Sprintf(format, args...))
}

// work kills and interrupts restails in a random order, and checks the file.
func (w *worker) work(kills, interrupts int) {
	signals := slices.Concat(slices.Repeat([]os.Signal{syscall.SIGKILL}, kills), slices.Repeat([]os.Signal{os.Interrupt}, interrupts))
	rand.Shuffle(len(signals), func(i, j int) { signals[i], signals[j] = signals[j], signals[i] })
	for _, signal := range append(signals, os.Interrupt) {
		w.runs++
		if err := w.run(signal); err != nil {
			w.problem("%v", err)
		}
	}
	out, _ := exec.Command(*restail, "check", "-o", "ndjson", w.file).Output() // status 1: there are gaps
	var report struct {
		Gaps, Unrecorded int
		Cut              bool
	}
	if err := json.Unmarshal(out, &report); err != nil || report.Gaps != w.ups-1 || report.Unrecorded > 0 || report.Cut {
		w.problem("check says %s: %d runs have recorded a handshake", out, w.ups)
	}
	if err := exec.Command(*restail, "replay", "-q", w.file).Run(); err != nil {
		w.problem("replay: %v", err)
	}
}

// An arrival is a line of stdout and when it came.
type arrival struct {
	line string
	at   time.Time
}

// run runs a restail until that signal ends it at a random moment.
func (w *worker) run(signal os.Signal) error {
	process := exec.Command(*restail, "-q", "-o", "raw", "-a", "all", "-w", w.file, "--state", w.state)
	process.Env = []string{"RESTREAM_ACCESS_TOKEN=any", "RESTAIL_URL=" + w.url, "HOME=/nonexistent"}
	var stderr bytes.Buffer
	process.Stderr = &stderr
	stdout, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	_, err = os.Stat(w.state)
	w.hasState = err == nil
	began := time.Now()
	if err := process.Start(); err != nil {
		return err
	}
	ended := make(chan time.Time, 1)
	time.AfterFunc(rand.N(2500*time.Millisecond), func() {
		ended <- time.Now()
		process.Process.Signal(signal)
	})
	var got []arrival
	for in := bufio.NewReader(stdout); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			break // what is not a whole line is no line
		}
		got = append(got, arrival{line, time.Now()})
	}
	process.Wait()
	at := <-ended
	if signal != syscall.SIGKILL {
		at = time.Time{}
		// A signal can come before restail handles it.
		if status := process.ProcessState.ExitCode(); status != 130 && len(got) > 0 || stderr.Len() > 0 {
			w.problem("status %d: %s", status, stderr.String())
		}
	}
	recorded, err := w.recorded()
	if err != nil {
		return err
	}
	w.compare(got, recorded, began, at)
	return nil
}

// recorded returns the lines that the last run has recorded.
func (w *worker) recorded() ([]string, error) {
	data, err := os.ReadFile(w.file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	text := string(data)
	if strings.HasSuffix(w.file, ".gz") && len(data) > 0 {
		text = unzip(data)
	}
	added, found := strings.CutPrefix(text, w.before)
	if !found {
		return nil, errors.New("what was in the file before has changed")
	}
	if w.before != "" && !strings.HasSuffix(w.before, "\n") {
		if added, found = strings.CutPrefix(added, "\n"); !found && added != "" {
			return nil, fmt.Errorf("the run does not begin on a new line: %.80q", added)
		}
	}
	w.before = text
	return slices.Collect(strings.Lines(added)), nil
}

// unzip returns what can be read.
func unzip(data []byte) string {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(zip)
	return string(text)
}

// compare compares the lines of stdout with those of the recording. killed is zero
// for a run that was not killed.
func (w *worker) compare(got []arrival, recorded []string, began, killed time.Time) {
	if n := len(recorded); n > 0 && !strings.HasSuffix(recorded[n-1], "\n") {
		if killed.IsZero() {
			w.problem("the last line is cut")
		}
		recorded = recorded[:n-1]
	}
	w.lines += len(recorded)
	if killed.IsZero() && len(recorded) != len(got) {
		w.problem("%d lines are recorded, stdout got %d", len(recorded), len(got))
	}
	for n, line := range recorded {
		if n < len(got) && got[n].line != line {
			w.problem("line %d is %.200q, stdout got %.200q", n, line, got[n].line)
			return
		}
	}
	if len(recorded) > 0 {
		w.checkGap(recorded[0], began)
	}
	if whole := min(len(recorded), len(got)); whole > 0 {
		w.complete = got[whole-1].at
	}
	if len(got) > len(recorded) && !killed.IsZero() {
		missing := killed.Sub(got[len(recorded)].at)
		w.latest = max(w.latest, missing)
		if missing > time.Second {
			w.problem("%d lines are recorded, the next came %v before the kill", len(recorded), missing)
		}
	}
}

// checkGap checks the gap before a run that began then.
func (w *worker) checkGap(first string, began time.Time) {
	var link struct {
		Restail, Status string
		Gap             *float64 `json:"gap_seconds"`
	}
	if err := json.Unmarshal([]byte(first), &link); err != nil || link.Restail != "link" || link.Status != "connected" {
		w.problem("the first line is %.200q", first)
		return
	}
	w.ups++
	if w.complete.IsZero() || link.Gap == nil && !w.hasState { // then the gap begins with the line before
		return
	}
	if least := began.Sub(w.complete).Seconds(); link.Gap == nil || *link.Gap < least {
		w.problem("the gap was at least %.3fs: %s", least, first)
		return
	}
	w.gaps++
}
