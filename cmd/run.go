// Package cmd is restail's command line: the grammar, one file per command,
// the wiring of the stages, and the loop that every record runs through
// (pipe.go).
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
	"github.com/restail/restail/format"
)

// Run is the whole program: it parses args (without the program's name), does
// what they say in env, and returns the exit status.
func Run(ctx context.Context, args []string, env Env) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{Context: ctx, secrets: new(redact.Secrets), over: make(chan struct{}), resumed: make(chan struct{}, 1), summary: func() {}}
	r.stderr = newStderr(env.Stderr)
	env.Stderr = r.secrets.Writer(r.stderr)
	r.Env = env
	r.talk(&talkFlags{})
	defer close(r.over)
	defer r.stderr.flush(stderrWait)
	defer func() { r.summary() }()
	err := r.command(args, cancel)
	if cause := (stopped{}); errors.As(context.Cause(ctx), &cause) && (err == nil || errors.Is(err, context.Canceled)) {
		err = cause
	}
	if stop := (stopped{}); errors.As(err, &stop) {
		return stop.status
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
	Env
	// status writes to stderr, from which secrets are kept.
	status  *format.Status
	stderr  *stderr
	inJSON  bool // all of stderr is JSON
	secrets *redact.Secrets
	// set knows which flags were set elsewhere than on the command line.
	set origins
	// over is closed at the end of Run.
	over chan struct{}
	// following is what tail, replay or demo is doing; nil for other commands.
	following atomic.Pointer[following]
	// resumed receives a value after SIGCONT.
	resumed chan struct{}
	// summary prints the summary line, after everything else.
	summary func()
}

// stopped ends a run that has nothing to complain about, with its status:
// a signal, a timeout, a reader that went away.
type stopped struct{ status int }

// ExitStatus is the status that the run ends with.
func (s stopped) ExitStatus() int { return s.status }

func (s stopped) Error() string { return fmt.Sprintf("stopped with status %d", s.status) }

// command is implemented by every field of the grammar.
type command interface{ Run(r *run) error }

// command runs the command that args name until a signal cancels it, or prints
// what they ask for.
func (r *run) command(args []string, cancel context.CancelCauseFunc) error {
	config := newConfiguration(r.Env)
	r.talk(&talkFlags{Status: statusAsked(args, r.Env, config)}) // also about what does not parse
	parsed, set, err := parse(args, r.Env, config)
	if err != nil {
		return err
	}
	r.set = set
	switch asked(parsed) {
	case "help":
		return writeError(parsed.PrintUsage(false))
	case "version":
		_, err := io.WriteString(r.Stdout, versionLine())
		return writeError(err)
	}
	go r.watchSignals(cancel)
	return parsed.Selected().Target.Addr().Interface().(command).Run(r)
}

// statusAsked returns the value of --status before anything is parsed.
func statusAsked(args []string, env Env, config *configuration) string {
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--status="); ok {
			return value
		}
		if arg == "--status" && i+1 < len(args) {
			return args[i+1]
		}
	}
	if value := env.getenv(twin("status")); value != "" {
		return value
	}
	value, _ := config.values["status"].(string)
	return value
}

// talk makes stderr as the flags want it.
func (r *run) talk(t *talkFlags) {
	mode := format.StatusMode(t.Status)
	if t.Quiet {
		mode = format.StatusNone
	}
	r.status, r.inJSON = format.NewStatus(r.Stderr, mode, time.Now), mode == format.StatusJSON
	r.stderr.use(r.status)
}

// Env is everything outside the process that a run of restail uses: main passes
// the real one, a test its own.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Environ is the environment as "NAME=value"; of duplicates the last counts.
	Environ []string
	// Signals delivers those of [Signals]; nil for none.
	Signals <-chan os.Signal
	// Exit ends the process at once: at the second signal, and when a run that is
	// to end cannot because nobody reads its stdout.
	Exit func(status int)
}

// getenv returns a variable of the environment, "" where it is not set.
func (e Env) getenv(name string) string {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(e.Environ[i], "="); key == name {
			return value
		}
	}
	return ""
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

// exitError is an error that knows its exit status and what to do about it.
type exitError struct {
	status int
	err    error
	// hint is a sentence that says what to do, "" for none.
	hint string
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

// usageError marks what the user wrote wrong, found before anything is contacted.
func usageError(err error, hint string) error {
	return &exitError{statusUsage, err, hint}
}

// flagError is usageError for the value of a flag: it says where it was set.
func (r *run) flagError(flag string, err error) error {
	return usageError(errors.New(r.set.blame("--"+flag+": "+err.Error())), "")
}

// ExitStatus is the status that the run ends with.
func (e *exitError) ExitStatus() int { return e.status }

// exitStatus returns the status that an error ends the run with, and its hint:
// errors of the packages below know their own.
func exitStatus(err error) (status int, hint string) {
	if e := (*exitError)(nil); errors.As(err, &e) {
		hint = e.hint
	}
	var knows interface{ ExitStatus() int }
	if errors.As(err, &knows) {
		return knows.ExitStatus(), hint
	}
	return statusFailed, hint
}
