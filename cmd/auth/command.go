package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

const (
	// commandTime is how long a token command may take: it may ask the user for a
	// passphrase.
	commandTime = 2 * time.Minute
	// interruptTime is how long a command may take to end after an interrupt.
	interruptTime = 2 * time.Second
)

// command is a program that prints a token. It is run for the first token, and
// again when that has expired or was refused.
type command struct {
	args    []string
	environ []string
	stderr  io.Writer
	now     func() time.Time

	token   string    // what it printed last
	expires time.Time // of that token, zero when not known
}

func newCommand(o *Options) (source, error) {
	args, err := split(o.TokenCommand)
	if err != nil {
		return nil, usage("--token-command: %v", err)
	}
	return &command{args: args, environ: o.Environ, stderr: o.Stderr, now: o.Now}, nil
}

func (c *command) Token(ctx context.Context, refused string) (string, error) {
	expired := !c.expires.IsZero() && !c.now().Before(c.expires)
	if c.token != "" && c.token != refused && !expired {
		return c.token, nil
	}
	token, expires, err := c.run(ctx)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		// A command that has worked before may work again.
		return "", &Error{text: "--token-command: " + err.Error(), status: statusUnauthorized, temporary: c.token != ""}
	}
	if token == refused {
		return "", unauthorized("--token-command: %s printed the same token again, which the service had just refused", c.name())
	}
	c.token, c.expires = token, expires
	return token, nil
}

// name returns the program without its arguments, which may be secret.
func (c *command) name() string { return c.args[0] }

// run runs the command and reads its stdout. Its stdin is empty, its stderr the
// user's.
func (c *command) run(ctx context.Context) (token string, expires time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	stdout := &bounded{full: cancel}
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	stderr := &wholeLines{w: c.stderr}
	defer stderr.end()
	cmd.Env, cmd.Stdout, cmd.Stderr = c.environ, stdout, stderr
	cmd.WaitDelay = interruptTime
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); !errors.Is(err, os.ErrProcessDone) && err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	err = cmd.Run()
	switch {
	case stdout.over:
		return "", time.Time{}, fmt.Errorf("%s printed more than any token is: over 64 KiB", c.name())
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", time.Time{}, fmt.Errorf("%s did not finish within %v", c.name(), commandTime)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", time.Time{}, c.failed(err)
	}
	if token, expires, err = parseOutput(stdout.text.String()); err != nil {
		return "", time.Time{}, fmt.Errorf("%s did not print a token: %w", c.name(), err)
	}
	return token, expires, nil
}

// failed says why the command did not work, without its arguments.
func (c *command) failed(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return fmt.Errorf("%s failed: %v", c.name(), exit)
	}
	cause := errors.Unwrap(err) // of an exec.Error or a fs.PathError, which name the program
	if cause == nil {
		cause = err
	}
	return fmt.Errorf("%s cannot be run: %w (no shell is used: for variables or a pipe write %s)", c.name(), cause, shell(runtime.GOOS))
}

// bounded keeps what is written to it, and stops the writer at the limit.
type bounded struct {
	text strings.Builder
	over bool
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > tokenLimit {
		b.over = true
		b.full()
		return 0, errors.New("too much output")
	}
	return b.text.Write(p)
}

// wholeLines passes everything on. Its end completes a line that was not ended.
type wholeLines struct {
	w    io.Writer
	open bool
}

func (l *wholeLines) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.open = p[len(p)-1] != '\n'
	}
	return l.w.Write(p)
}

func (l *wholeLines) end() {
	if l.open {
		io.WriteString(l.w, "\n")
	}
}
