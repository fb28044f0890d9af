//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// givenUp is restail's exit status when the server closes the link under
	// --no-reconnect, which is how most shows end here.
	givenUp = 4
	// processTimeout bounds the time of one process.
	processTimeout = time.Minute
	// silence is how long a client that lingers must have written nothing to be done.
	silence = 2 * time.Second
)

// client is a process to measure, and how its stdout is read.
type client struct {
	args    []string
	pipe    bool                 // stdout is a pipe, not /dev/null
	slow    bool                 // read the pipe slowly
	lingers bool                 // the process does not end by itself; it has a pipe
	line    func(when time.Time) // called for each line in the pipe
}

// outcome is what a process took.
type outcome struct {
	wall  time.Duration // from the handshake to the end of the connection; of the process without one
	cpu   time.Duration // user and system
	peak  int           // of resident memory, in KiB; 0 where the system does not tell
	lines int           // in the pipe
}

// run runs a client until the end of its show.
func (b *bench) run(c client, s show) (o outcome, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
	defer cancel()
	var handshake atomic.Pointer[time.Time]
	s.began = func(at time.Time) { handshake.CompareAndSwap(nil, &at) }
	closed := make(chan time.Time, 1)
	s.ended = func(at time.Time) {
		select {
		case closed <- at:
		default: // the client dialled again
		}
	}
	b.sender.next.Store(&s)

	process := b.command(ctx, c.args)
	var stderr bytes.Buffer
	process.Stderr = &stderr
	stop := func() {}
	if c.lingers {
		stop = cancel
		if _, err := process.StdinPipe(); err != nil { // wscat ends with its stdin
			return o, err
		}
	}
	out, in, err := os.Pipe()
	if err != nil {
		return o, err
	}
	defer out.Close()
	if c.pipe {
		process.Stdout = in
	}
	start := time.Now()
	err = process.Start()
	in.Close()
	if err != nil {
		return o, err
	}
	peak := watchPeak(process.Process.Pid)
	end := c.read(out, &o.lines)
	stop()
	err = process.Wait()
	o.peak = peak()
	if !c.lingers {
		end = time.Now()
		if err != nil && process.ProcessState.ExitCode() != givenUp {
			return o, fmt.Errorf("%s: %w: %.500s", strings.Join(c.args, " "), err, stderr.String())
		}
	}
	if at := handshake.Load(); at != nil {
		start = *at
		if !c.lingers {
			end = <-closed
		}
	}
	o.wall, o.cpu = end.Sub(start), process.ProcessState.UserTime()+process.ProcessState.SystemTime()
	return o, nil
}

// command returns a process that follows the show of the sender.
func (b *bench) command(ctx context.Context, args []string) *exec.Cmd {
	process := exec.CommandContext(ctx, args[0], args[1:]...)
	process.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.folder,
		"RESTREAM_ACCESS_TOKEN=bench", "RESTAIL_URL=" + b.sender.url(),
	}
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a pipeline ends as one
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
	return process
}

// read counts the lines in a pipe until its end, or until silence. It returns when it
// read the last.
func (c client) read(from *os.File, lines *int) (last time.Time) {
	buf := make([]byte, 64<<10)
	if c.slow {
		buf = buf[:32<<10]
	}
	for last = time.Now(); ; {
		if c.lingers && *lines > 0 {
			from.SetReadDeadline(time.Now().Add(silence))
		}
		n, err := from.Read(buf)
		if err != nil {
			return last
		}
		last = time.Now()
		here := bytes.Count(buf[:n], []byte{'\n'})
		*lines += here
		for c.line != nil && here > 0 {
			c.line(last)
			here--
		}
		if c.slow {
			time.Sleep(time.Millisecond)
		}
	}
}

// watchPeak polls the peak memory of a process until its result is called, which
// returns the peak in KiB. What wait4 reports would include the parent's memory before
// exec.
func watchPeak(pid int) func() int {
	stop, peak := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, _ := strings.Cut(string(status), "VmHWM:")
			size, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
			most = max(most, size)
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
