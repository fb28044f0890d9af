package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/filter"
	"github.com/restail/restail/format"
)

// summaryAfter is how long a run lasts before its end is worth a summary.
const summaryAfter = 10 * time.Second

// newPipe builds the loop from the flags: everything that the user wrote is
// checked here, before anything is contacted.
func (r *run) newPipe(o *outputFlags, end *endFlags) (*pipe, error) {
	actions, err := o.actions()
	if err != nil {
		return nil, r.flagError("action", err)
	}
	platforms, err := o.platforms()
	if err != nil {
		return nil, r.flagError("platform", err)
	}
	writer, err := r.newWriter(o)
	if err != nil {
		return nil, err
	}
	program, err := r.compile(o)
	if err != nil {
		return nil, err
	}
	p := &pipe{
		decoder: decode.New(),
		actions: actions, platforms: platforms, program: program,
		writer: writer, raw: o.Format == "raw",
		out: newOutput(r.Stdout), limit: int(end.Count),
		status: r.status,
	}
	if text, ok := writer.(*format.Text); ok {
		p.know = text.Know
	}
	return p, nil
}

// newWriter returns the format's writer.
func (r *run) newWriter(o *outputFlags) (format.Writer, error) {
	fields, err := o.Fields.fieldList()
	if err != nil {
		return nil, r.flagError("fields", err)
	}
	chosen := format.ByName(o.Format)
	if fields != nil && !chosen.TakesFields && r.set["fields"] == "" {
		return nil, usageError(errors.New("--fields goes with --format="+takeFields()), "a jq program chooses fields in every format: -f '{author, text}'")
	}
	options := format.Options{Fields: fields}
	if chosen.ForPeople {
		options.Text = format.TextOptions{
			Color: r.color(o.Color), PlatformColors: decode.PlatformColors(),
			Clock: o.Time.Clock, Location: o.Time.location, Width: terminalWidth(r.Stdout),
		}
	}
	return chosen.New(options), nil
}

// takeFields lists the formats that --fields goes with.
func takeFields() string {
	var names []string
	for _, f := range format.Formats {
		if f.TakesFields {
			names = append(names, f.Name)
		}
	}
	return either(names)
}

// color decides about colours: a terminal that can show them gets them unless
// NO_COLOR or a dumb TERM says no; always and never are obeyed.
func (r *run) color(when string) bool {
	if when == "never" || when == "auto" && (!terminal(r.Stdout) || r.getenv("NO_COLOR") != "" || r.getenv("TERM") == "dumb") {
		return false
	}
	return !terminal(r.Stdout) || enableColor(r.Stdout) || when == "always"
}

// compile compiles the jq program, if there is one.
func (r *run) compile(o *outputFlags) (*filter.Program, error) {
	source, name := o.Filter, ""
	if o.FilterFile != "" {
		if source != "" {
			return nil, usageError(errors.New("--filter and --filter-file exclude each other: write one of them"), "")
		}
		text, err := readFileUntil(r, o.FilterFile, filterLimit)
		if stop := (stopped{}); errors.As(err, &stop) {
			return nil, stop
		} else if err != nil {
			return nil, usageError(fmt.Errorf("cannot read the filter: %w", err), "")
		}
		source, name = string(text), o.FilterFile
	}
	if strings.Contains(source, "localtime") {
		if _, err := r.location(); err != nil {
			return nil, err
		}
	}
	args, err := filterArgs(o.Arg)
	if err != nil {
		return nil, err
	}
	if source == "" && name == "" {
		if args == nil {
			return nil, nil
		}
		source = "." // for what is wrong with the arguments
	}
	program, err := filter.Compile(source, filter.Options{
		Args: args, Environ: withoutSecrets(r.Environ), Name: name,
		Debug: func(message string) { r.status.Note("filter", "debug: "+message) },
	})
	if err != nil {
		return nil, usageError(fmt.Errorf("the filter does not compile: %w", err), "")
	}
	if unknown := program.UnknownFields(); len(unknown) > 0 {
		hint := fmt.Sprintf("no record has a field %q", unknown[0])
		if near := nearest(unknown[0], fieldNames()); near != "" {
			hint += fmt.Sprintf(" (did you mean %q?)", near)
		}
		r.status.Note("filter", hint)
	}
	return program, nil
}

// withoutSecrets is the environment as a jq program sees it: no record can
// hold a token.
func withoutSecrets(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return name == "RESTREAM_ACCESS_TOKEN" || name == "RESTREAM_CLIENT_SECRET"
	})
}

// filterArgs reads the values of --arg.
func filterArgs(args []string) ([]filter.Arg, error) {
	var bound []filter.Arg
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, usageError(fmt.Errorf("invalid --arg %q: want NAME=VALUE", arg), "")
		}
		bound = append(bound, filter.Arg{Name: name, Value: value})
	}
	return bound, nil
}

// following is a run of the pipe, for the signals. ctx is done when it is to end.
type following struct {
	*pipe
	ctx context.Context
}

// isStuck reports whether the run is to end and something may hold it up.
func (f *following) isStuck() bool { return f.ctx.Err() != nil && f.isBusy() }

// follow runs the pipe until the source ends, or --count, --timeout, --idle, a
// signal, the filter or the reader of stdout ends it.
func (r *run) follow(p *pipe, end *endFlags) error {
	start := time.Now()
	ctx, cancel := context.WithCancelCause(r.Context)
	var watchers sync.WaitGroup
	watchers.Go(func() { watchReader(ctx, r.Stdout, func() { cancel(stopped{statusDone}) }) })
	if end.Timeout > 0 {
		timer := time.AfterFunc(time.Duration(end.Timeout), func() { cancel(errTimeout) })
		defer timer.Stop()
	}
	over := make(chan struct{})
	watchers.Go(func() { r.watch(ctx, p, end, cancel, over) })
	if p.backfill != nil {
		watchers.Go(func() { p.backfill.run(ctx) })
	}
	r.following.Store(&following{p, ctx})
	err := p.run(ctx)
	r.following.Store(nil)
	close(over)
	cancel(nil)
	watchers.Wait()
	unrecorded := p.recorder != nil && p.recorder.Close() != nil
	p.saveState()
	if time.Since(start) > summaryAfter {
		r.summary = func() { p.status.Summary(p.counted()) }
	}
	err = p.verdict(err, end)
	if status, _ := exitStatus(err); unrecorded && (err == nil || status == statusDone) {
		return stopped{statusFailed}
	}
	return err
}

// verdict turns what ended the run into an error with its exit status.
func (p *pipe) verdict(err error, end *endFlags) error {
	halt := (*filter.HaltError)(nil)
	switch {
	case errors.Is(err, errCount):
		return stopped{statusDone}
	case errors.As(err, &halt) && halt.Message == "":
		return stopped{halt.Status}
	case halt != nil:
		return &exitError{status: halt.Status, err: err}
	case !errors.Is(err, errTimeout) && !errors.Is(err, errIdle):
		return sourceError(err)
	case end.Count > 0:
		return stopped{statusTimeout}
	case p.live != nil && !p.live.Stats().Up:
		return &exitError{status: statusGivenUp, err: fmt.Errorf("%w while the link was down", err)}
	}
	return stopped{statusDone}
}

// sourceError gives the errors that end a source their exit status.
func sourceError(err error) error {
	if refused := (*session.UnauthorizedError)(nil); errors.As(err, &refused) {
		status := statusUnauthorized
		var knows interface{ ExitStatus() int } // such as a store that cannot be trusted
		if errors.As(refused.Err, &knows) {
			status = knows.ExitStatus()
		}
		return &exitError{status: status, err: err}
	}
	if errors.As(err, new(*session.GivenUpError)) {
		return &exitError{status: statusGivenUp, err: err}
	}
	if wrong := (*recording.FormatError)(nil); errors.As(err, &wrong) {
		return usageError(err, wrong.Hint)
	}
	return err
}
