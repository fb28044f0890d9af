//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// givenUp is restail's exit status when the server closes the link, under
// --no-reconnect: every show here ends so.
const givenUp = 4

// processTimeout bounds the time of one process.
const processTimeout = time.Minute

// client is a process to measure, by its arguments.
type client struct{ args []string }

// outcome is the time and the memory that a process took.
type outcome struct {
	wall   time.Duration // from the handshake, or the start without one, to the end
	cpu    time.Duration // user and system
	peak   int           // of resident memory, in KiB; 0 where the system does not tell
	lines  int           // on stdout, when it was a pipe
	stderr string
}

// run runs a client until the end of its show. Its stdout goes to /dev/null, or into a
// pipe that read empties.
func (b *bench) run(c client, s show, read func(io.Reader) (lines int, err error)) (o outcome, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
	defer cancel()
	var began atomic.Pointer[time.Time]
	s.began = func(at time.Time) { began.CompareAndSwap(nil, &at) }
	b.sender.play(s)

	process := b.command(ctx, c)
	var stderr bytes.Buffer
	process.Stderr = &stderr
	process.Stdout = b.null
	var out *os.File
	if read != nil {
		var in *os.File
		if out, in, err = os.Pipe(); err != nil {
			return o, err
		}
		defer out.Close()
		defer in.Close()
		process.Stdout = in
	}
	start := time.Now()
	if err := process.Start(); err != nil {
		return o, err
	}
	peak := watchPeak(process.Process.Pid)
	if read != nil {
		process.Stdout.(*os.File).Close() // so that read sees the end when the process exits
		if o.lines, err = read(out); err != nil {
			return o, err
		}
	}
	err = process.Wait()
	end := time.Now()
	o.peak, o.stderr = peak(), stderr.String()
	if status := process.ProcessState.ExitCode(); err != nil && status != givenUp {
		return o, fmt.Errorf("%s ended with status %d: %.500s", strings.Join(c.args, " "), status, stderr.String())
	}
	if at := began.Load(); at != nil {
		start = *at
	}
	o.wall, o.cpu = end.Sub(start), process.ProcessState.UserTime()+process.ProcessState.SystemTime()
	return o, nil
}

// command is a process in an environment of its own.
func (b *bench) command(ctx context.Context, c client) *exec.Cmd {
	process := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	process.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + b.folder, "XDG_CONFIG_HOME=" + b.folder, "XDG_STATE_HOME=" + b.folder,
		"RESTREAM_ACCESS_TOKEN=bench", "RESTAIL_URL=" + b.sender.url(),
	}
	return process
}

// countLines reads to the end in pieces of that size, with a pause after each.
func countLines(from io.Reader, piece int, pause time.Duration) (lines int, err error) {
	buf := make([]byte, piece)
	for {
		n, err := from.Read(buf)
		lines += bytes.Count(buf[:n], []byte{'\n'})
		if errors.Is(err, io.EOF) {
			return lines, nil
		} else if err != nil {
			return lines, err
		}
		time.Sleep(pause)
	}
}

// watchPeak polls the peak memory of a process until the function that it returns is
// called, which returns it in KiB. (What wait4 reports includes the memory of the
// parent before exec.)
func watchPeak(pid int) func() int {
	stop, peak := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, peakMemory(pid))
			select {
			case <-tick.C:
			case <-stop:
				peak <- most
				return
			}
		}
	}()
	return func() int {
		close(stop)
		return <-peak
	}
}

// peakMemory returns the most that a process has had resident, in KiB; 0 where there
// is no /proc.
func peakMemory(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	size, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return size
}
