// Package cmd is restail's command line: [Run] takes the arguments, the environment
// and the streams of one run, and returns its exit status.
//
// run.go parses the arguments with the grammar (grammar.go, parse.go, config.go), and
// calls the command that they name. Each command has a file, but login, logout and
// token share tokens.go, and the commands that print documentation share help.go.
// Commands that print records build a [pipe] from the flags, give it a source, and
// follow it (follow.go). The pipe pulls items from the source and decodes them
// (pipe.go), filters them (filter.go), formats them and writes the lines to stdout
// (output.go). The commands own what they open; the pipe owns the decoder, the filter
// and the output, all on one goroutine. Everything else that happens during a run, such
// as signals and timeouts, stands in follow.go. What the operating systems do
// differently stands in sys_*.go.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/format"
)

// Run is the whole program: it parses args (without the program's name), runs the
// command that they name, and returns the exit status.
func Run(ctx context.Context, args []string, env Env) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{Context: ctx, secrets: new(redact.Secrets), ended: make(chan struct{}), resumed: make(chan struct{}, 1), summary: func() {}}
	r.stderr = newStderr(env.Stderr)
	env.Stderr = r.secrets.Writer(r.stderr)
	r.Env = env
	r.setMessages(&messageFlags{})
	defer close(r.ended)
	defer r.stderr.flush(stderrEnd)
	defer func() { r.summary() }()
	err := r.execute(args, cancel)
	// A signal also sets the status of a command that ended early because of it.
	if cause, ok := errors.AsType[silentExit](context.Cause(ctx)); ok && (err == nil || errors.Is(err, context.Canceled)) {
		err = cause
	}
	if silent, ok := errors.AsType[silentExit](err); ok {
		return silent.status
	}
	if err == nil {
		return statusDone
	}
	status, hint := exitStatus(err)
	r.status.Error(err.Error(), hint)
	return status
}

// run holds the environment and the status writer that every command needs.
type run struct {
	context.Context
	Env     // with a Stderr that redacts secrets and never blocks
	status  *format.Status
	stderr  *stderr
	inJSON  bool // stderr gets JSON
	secrets *redact.Secrets
	origins origins                    // where the flags were set that are not on the command line
	ended   chan struct{}              // closed at the end of Run
	active  atomic.Pointer[activePipe] // the running pipe, for the signal handler; nil for none
	resumed chan struct{}              // receives a value after SIGCONT
	summary func()                     // prints the summary line at the end of Run
}

// command is implemented by every command of the grammar.
type command interface{ Run(r *run) error }

// execute runs the command that args name, or prints the help or the version. A signal
// calls cancel.
func (r *run) execute(args []string, cancel context.CancelCauseFunc) error {
	config := newConfiguration(r.Env)
	r.setMessages(&messageFlags{Status: statusBeforeParsing(args, r.Env, config)}) // for usage errors
	if t, err := topicAsked(args); t != nil || err != nil {
		if err == nil {
			err = r.explain(t)
		}
		return err
	}
	parsed, origins, err := parse(args, r.Env, config)
	if err != nil {
		return err
	}
	r.origins = origins
	switch helpOrVersion(parsed) {
	case "help":
		return writeError(parsed.PrintUsage(false))
	case "version":
		return new(versionCommand).Run(r)
	}
	go r.handleSignals(cancel)
	return parsed.Selected().Target.Addr().Interface().(command).Run(r)
}

// await runs f in a goroutine and returns its results. If ctx ends first, it abandons f
// and returns the cause: a read of a terminal, a FIFO or a device cannot be interrupted.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return *new(T), context.Cause(ctx)
	}
}

// statusBeforeParsing returns the value of --status without parsing the rest.
func statusBeforeParsing(args []string, env Env, config *configuration) string {
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--status="); ok {
			return value
		}
		if arg == "--status" && i+1 < len(args) {
			return args[i+1]
		}
	}
	if value := env.getenv(envName("status")); value != "" {
		return value
	}
	value, _ := config.values["status"].(string)
	return value
}

// setMessages chooses the form of the messages on stderr.
func (r *run) setMessages(m *messageFlags) {
	mode := format.StatusMode(m.Status)
	if m.Quiet {
		mode = format.StatusNone
	}
	r.status, r.inJSON = format.NewStatus(r.Stderr, mode, time.Now), mode == format.StatusJSON
	r.stderr.setStatus(r.status)
}

// Env is the outside world that a run uses, apart from files and the network. main
// passes the real one, a test its own.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Environ is the environment as "NAME=value"; of duplicates the last counts.
	Environ []string
	// Signals delivers the signals that [Signals] lists; nil for none.
	Signals <-chan os.Signal
	// Exit ends the process at once. Run calls it at a second signal, and when it
	// cannot return because nobody reads stdout.
	Exit func(status int)
}

// getenv returns a variable of the environment, "" if it is not set.
func (e Env) getenv(name string) string {
	return endpoint.Getenv(e.Environ, name)
}

// The exit statuses. Help, README and the manual page show [statuses].
const (
	statusDone         = 0
	statusFailed       = 1
	statusUsage        = 2
	statusUnauthorized = 3
	statusGivenUp      = 4
	statusTimeout      = 124
)

// statuses says what each exit status means.
var statuses = []struct {
	status  string
	meaning string
}{
	{"0", "done: the count was reached, the recording or the timeout ended, the reader of stdout went away"},
	{"1", "failed while running; `connections`: not all are connected; `check`: not whole; a recording that is damaged, or in which no line is an action; something could not be recorded (`-w`)"},
	{"2", "wrong usage: a flag, a file that cannot be read or is of the wrong kind, the configuration, or a filter that does not compile; nothing was contacted"},
	{"3", "not authorized: no token, a refused token, a missing scope, or a login is needed; also under `--no-reconnect`"},
	{"4", "the link is down: given up (`--no-reconnect`, or the retries are used up), or `--timeout` or `--idle` ended a run without `--count` while the link was down"},
	{"5", "`halt_error` of a filter, or the status that it gives"},
	{"124", "`--timeout` or `--idle` ran out before the lines of a `--count` were written"},
	{"129, 130, 143", "SIGHUP (without `-w`), SIGINT, SIGTERM: the socket is closed and what was received is written; a second signal ends at once"},
}

// silentExit ends a run with a status and without an error message: a signal, a
// timeout, a reader that went away.
type silentExit struct{ status int }

// ExitStatus is the status that the run ends with.
func (s silentExit) ExitStatus() int { return s.status }

func (s silentExit) Error() string { return fmt.Sprintf("stopped with status %d", s.status) }

// exitError is an error with an exit status, and a hint that says what to do.
type exitError struct {
	status int
	err    error
	hint   string // "" for none
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

// ExitStatus is the status that the run ends with.
func (e *exitError) ExitStatus() int { return e.status }

// usageError makes err a usage error, found before anything is contacted.
func usageError(err error, hint string) error {
	return &exitError{statusUsage, err, hint}
}

// flagError is usageError for the value of a flag. It says where the flag was set.
func (r *run) flagError(flag string, err error) error {
	return usageError(errors.New(r.origins.withOrigin("--"+flag+": "+err.Error())), "")
}

// statusError is an error that has an exit status. Some errors of the packages below cmd
// have one too.
type statusError interface {
	error
	ExitStatus() int
}

// exitStatus returns the exit status and the hint of an error.
func exitStatus(err error) (status int, hint string) {
	if e, ok := errors.AsType[*exitError](err); ok {
		hint = e.hint
	}
	if e, ok := errors.AsType[statusError](err); ok {
		return e.ExitStatus(), hint
	}
	return statusFailed, hint
}
