// Package cmd is restail's command line: the grammar, one file per command,
// the wiring of the stages, and the loop that every record runs through
// (pipe.go).
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
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
