//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A client is a restail that runs.
type client struct {
	socket  string // the URL of the chat
	process *exec.Cmd
	stdout  io.ReadCloser
	gate    chan struct{} // holds a token while its stdout may be read
	errors  bytes.Buffer  // the errors in its stderr
	latest  []string      // the last lines of its stderr
}

// start starts restail with the API at that URL. The folder has its login.
func (c *client) start(url, folder string, args ...string) error {
	c.gate = make(chan struct{}, 1)
	c.gate <- struct{}{}
	c.process = exec.Command(*restail, append([]string{"--status=json"}, args...)...)
	c.errors.Reset()
	c.latest = nil
	c.process.Env = []string{
		"RESTAIL_URL=" + c.socket, "RESTAIL_API_URL=" + url,
		"HOME=/nonexistent", "XDG_STATE_HOME=" + folder, "SSL_CERT_FILE=" + os.Getenv("SSL_CERT_FILE"),
	}
	c.process.Stderr = c
	var err error
	if c.stdout, err = c.process.StdoutPipe(); err != nil {
		return err
	}
	return c.process.Start()
}

// Write takes restail's stderr and keeps its errors, and the latest lines.
func (c *client) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if strings.Contains(line, `"kind":"error"`) || !strings.HasPrefix(line, "{") {
			c.errors.WriteString(line)
		}
		c.latest = append(c.latest[max(0, len(c.latest)-20):], line)
	}
	return len(p), nil
}

// Read reads restail's stdout.
func (c *client) Read(p []byte) (int, error) {
	token := <-c.gate
	c.gate <- token
	return c.stdout.Read(p)
}

// hold stops reading restail's stdout, until the function that it returns is called.
func (c *client) hold() func() {
	token := <-c.gate
	return func() { c.gate <- token }
}

// stop stops restail with SIGSTOP and waits until it has stopped.
func (c *client) stop() {
	c.process.Process.Signal(syscall.SIGSTOP)
	for range 1000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.process.Process.Pid))
		if _, state, _ := strings.Cut(string(stat), ") "); err != nil || strings.HasPrefix(state, "T") {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// goOn lets restail go on after stop.
func (c *client) goOn() { c.process.Process.Signal(syscall.SIGCONT) }

// limit limits the size of the files that restail may write, in bytes.
func (c *client) limit(size uint64) {
	unix.Prlimit(c.process.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil)
}

// openFiles returns how many files restail has open.
func (c *client) openFiles() int {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", c.process.Process.Pid))
	return len(files)
}

// resident returns the size of restail's resident memory, in KiB.
func (c *client) resident() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.process.Process.Pid))
	if err != nil {
		return 0
	}
	var total, pages int
	fmt.Sscan(string(text), &total, &pages)
	return pages * os.Getpagesize() / 1024
}
