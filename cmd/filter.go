package cmd

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/filter"
	"github.com/restail/restail/format"
)

// jqFilter runs the jq program on each record.
type jqFilter struct {
	program  *filter.Program // nil without one
	ctx      context.Context // see context
	activity activity        // of the program
	errors   filterErrors
}

// run runs the program on a record and prints its outputs; without a program it prints
// the record.
func (f *jqFilter) run(ctx context.Context, e entry, out *printer) error {
	if f.program == nil {
		return out.record(e)
	}
	ctx, cancel := f.context(ctx)
	defer cancel()
	f.activity.begin()
	defer f.activity.end()
	passed := false
	return f.program.Run(ctx, e.record, e.raw, func(o filter.Output) error {
		switch {
		case passed && out.isRaw(): // written already
			return nil
		case o.Record || out.isRaw():
			passed = true
			return out.record(e)
		}
		return out.value(o.Value, e.counts)
	})
}

// filterTime limits the program's time for one record after the run was cancelled.
// Records that were received before are still filtered, but must not delay the end
// forever.
const filterTime = time.Second

// context returns the context for one run of the program, which continues for filterTime
// after ctx is done.
func (f *jqFilter) context(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() != nil {
		return context.WithTimeout(context.WithoutCancel(ctx), filterTime)
	}
	if f.ctx == nil { // one for all records until ctx is done
		filterCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f.ctx = filterCtx
		context.AfterFunc(ctx, func() { time.AfterFunc(filterTime, cancel) })
	}
	return f.ctx, func() {}
}

// compile compiles the jq program. It returns nil without one.
func (r *run) compile(o *outputFlags) (*filter.Program, error) {
	source, name := o.Filter, ""
	if o.FilterFile != "" {
		if source != "" {
			return nil, usageError(errors.New("--filter and --filter-file exclude each other: use one of them"), "")
		}
		text, err := await(r, func() ([]byte, error) { return readFile(o.FilterFile) })
		if silent, ok := errors.AsType[silentExit](err); ok {
			return nil, silent
		} else if err != nil {
			return nil, readError("filter", err)
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
		source = "." // to check the arguments
	}
	program, err := filter.Compile(source, filter.Options{
		Args: args, Environ: withoutSecrets(r.Environ), Name: name,
		Debug: func(message string) { r.status.Note("filter", "debug: "+message) },
	})
	if err != nil {
		return nil, usageError(fmt.Errorf("the filter does not compile: %w", err), filterFileHint(o.Filter))
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

// filterFileHint suggests --filter-file if the program of --filter looks like the name
// of a file.
func filterFileHint(program string) string {
	if info, err := os.Stat(program); err == nil && info.Mode().IsRegular() ||
		strings.HasSuffix(program, ".jq") && !strings.ContainsAny(program, " \t\n|") {
		return "did you mean --filter-file=" + program + "?"
	}
	return ""
}

// withoutSecrets returns the environment for a jq program: it must not be able to write
// a token into a record.
func withoutSecrets(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return name == "RESTREAM_ACCESS_TOKEN" || name == "RESTREAM_CLIENT_SECRET"
	})
}

// filterArgs parses the values of --arg.
func filterArgs(args []string) ([]filter.Arg, error) {
	var parsed []filter.Arg
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("invalid value %q: want NAME=VALUE", arg)
		}
		parsed = append(parsed, filter.Arg{Name: name, Value: value})
	}
	return parsed, nil
}

// maxFilterErrors limits how many different filter errors are shown and remembered.
const maxFilterErrors = 1000

// filterErrors reports each distinct error of a filter once.
type filterErrors struct {
	seed  maphash.Seed
	shown map[uint64]bool // the hashes of the messages
	muted bool            // the limit was reached and reported
}

// report reports the error of the filter for one record.
func (f *filterErrors) report(status *format.Status, message string, r *record.Record) {
	if f.shown == nil {
		f.seed, f.shown = maphash.MakeSeed(), map[uint64]bool{}
	}
	hash := maphash.String(f.seed, message)
	switch {
	case f.shown[hash], f.muted:
	case len(f.shown) < maxFilterErrors:
		f.shown[hash] = true
		status.Filter(message, r)
	default:
		f.muted = true
		status.Filter("too many different errors to show: from here on they are only counted", nil)
	}
}
