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

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/format"
)

// Run is the whole program: it parses args (without the program's name), does
// what they say in env, and returns the exit status.
func Run(ctx context.Context, args []string, env Env) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{Context: ctx, secrets: new(redact.Secrets), over: make(chan struct{})}
	env.Stderr = r.secrets.Writer(env.Stderr)
	r.Env = env
	r.status = format.NewStatus(env.Stderr, format.StatusText, time.Now)
	defer close(r.over)
	go r.watchSignals(ctx, cancel)
	err := r.command(args)
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

// run is what every command gets: the world, how to talk to its user, and the
// command line's own model.
type run struct {
	context.Context
	Env
	// status writes to stderr, from which secrets are kept.
	status  *format.Status
	secrets *redact.Secrets
	app     *kong.Kong
	// over is closed at the end of Run.
	over chan struct{}
	// table prints the connection table and the counters: what a running
	// follow answers the table signals with.
	table atomic.Pointer[func()]
}

// stopped ends a run that has nothing to complain about, with its status:
// help and version, a signal, a timeout, a reader that went away.
type stopped struct{ status int }

func (s stopped) Error() string { return fmt.Sprintf("stopped with status %d", s.status) }

// command runs the command that args name.
func (r *run) command(args []string) (err error) {
	var g grammar
	set := origins{}
	if r.app, err = newParser(&g, r.Env, set); err != nil {
		return err
	}
	defer func() {
		switch exit := recover().(type) {
		case nil:
		case stopped:
			err = exit
		default:
			panic(exit)
		}
	}()
	parsed, err := r.app.Parse(args)
	if err != nil {
		return parseError(err, set)
	}
	return parsed.Run(r)
}

// talk makes stderr as the flags want it.
func (r *run) talk(t *talkFlags) {
	mode := format.StatusMode(t.Status)
	if t.Quiet {
		mode = format.StatusNone
	}
	r.status = format.NewStatus(r.Stderr, mode, time.Now)
}

// newParser builds kong's model of the grammar over the streams, the
// environment and the configuration of env. set learns what those two set.
func newParser(g *grammar, env Env, set origins) (*kong.Kong, error) {
	config, err := readConfig(env, set)
	if err != nil {
		return nil, err
	}
	app, err := kong.New(g,
		kong.Name("restail"),
		kong.Description(description),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(status int) { panic(stopped{status}) }),
		kong.ExplicitGroups(groups),
		kong.Help(help(env).Print),
		kong.Vars{"textActions": strings.Join(conversation, ",")},
		kong.Resolvers(config, environment(env, set)),
	)
	if err != nil {
		return nil, err
	}
	app.Model.HelpFlag.Help = "Print help."
	return app, nil
}

const description = `Follow a Restream chat from the shell: the chats of Twitch, YouTube, Facebook, Discord, Kick, X, LinkedIn, DLive, Trovo and Rumble as one stream of flat records.`

// parseError makes kong's complaint ours: status 2, and where help is found.
func parseError(err error, set origins) error {
	if e := (*exitError)(nil); errors.As(err, &e) {
		return e
	}
	command := "restail"
	if e := (*kong.ParseError)(nil); errors.As(err, &e) {
		selected := e.Context.Selected()
		word, unexpected := strings.CutPrefix(err.Error(), "unexpected argument ")
		if unexpected && (selected == nil || selected.Name == "tail") {
			return usageError(fmt.Errorf("%q is no command", word), "see restail --help")
		}
		if selected != nil {
			command += " " + selected.Name
		}
	}
	return usageError(errors.New(set.blame(err.Error())), "see "+command+" --help")
}

// versionFlag prints the version and ends the run.
type versionFlag bool

// BeforeReset runs as soon as the flag is seen, as kong's own help flag does.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	if _, err := io.WriteString(app.Stdout, versionLine()); err != nil {
		return err
	}
	app.Exit(statusDone)
	return nil
}
