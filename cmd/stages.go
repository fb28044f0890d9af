package cmd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/filter"
	"github.com/restail/restail/format"
)

// newPipe builds the loop from the flags, without a source. It checks the values
// that the user wrote, before anything is contacted.
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
		decoder:  decode.New(),
		isChosen: actions, platforms: platforms, program: program,
		writer: writer, isRaw: o.Format == "raw",
		out: newOutput(r.Stdout), limit: int(end.Count),
		status: r.status,
	}
	if text, ok := writer.(*format.Text); ok {
		p.learn = text.Know
	}
	return p, nil
}

// newWriter returns the format's writer.
func (r *run) newWriter(o *outputFlags) (format.Writer, error) {
	fields, err := o.Fields.fields()
	if err != nil {
		return nil, r.flagError("fields", err)
	}
	chosen := format.ByName(o.Format)
	if fields != nil && !chosen.TakesFields && r.origins["fields"] == "" {
		return nil, usageError(errors.New("--fields needs --format="+formatsWithFields()), "a jq program chooses fields in every format: -f '{author, text}'")
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

// formatsWithFields lists the formats that can select fields.
func formatsWithFields() string {
	var names []string
	for _, f := range format.Formats {
		if f.TakesFields {
			names = append(names, f.Name)
		}
	}
	return joinOr(names)
}

// color reports whether to colour the text format. auto means only on a terminal
// that can show colours, unless NO_COLOR or TERM=dumb is set.
func (r *run) color(when string) bool {
	if when == "never" || when == "auto" && (!isTerminal(r.Stdout) || r.getenv("NO_COLOR") != "" || r.getenv("TERM") == "dumb") {
		return false
	}
	return !isTerminal(r.Stdout) || enableColor(r.Stdout) || when == "always"
}

// compile compiles the jq program. It returns nil without one.
func (r *run) compile(o *outputFlags) (*filter.Program, error) {
	source, name := o.Filter, ""
	if o.FilterFile != "" {
		if source != "" {
			return nil, usageError(errors.New("--filter and --filter-file exclude each other: use one of them"), "")
		}
		text, err := await(r, func() ([]byte, error) { return readFile(o.FilterFile, filterLimit) })
		if silent := (silentExit{}); errors.As(err, &silent) {
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
			return nil, usageError(fmt.Errorf("invalid --arg %q: want NAME=VALUE", arg), "")
		}
		parsed = append(parsed, filter.Arg{Name: name, Value: value})
	}
	return parsed, nil
}

// actions returns a function that reports whether -a, or the format's default, chooses
// an action. Without -a, ndjson and raw include unknown actions.
func (o *outputFlags) actions() (isChosen func(action []byte) bool, err error) {
	list, raw := o.Action, o.Format == "raw"
	switch {
	case list == nil && !format.ByName(o.Format).ForPeople:
		return func(action []byte) bool {
			return !slices.Contains(hiddenActions, string(action)) && !(raw && string(action) == recording.KindLink)
		}, nil
	case list == nil:
		list = conversationActions
	}
	if err := list.checkAgainst(decode.ActionChoices(), "action"); err != nil {
		return nil, err
	}
	set := list.set()
	if set[decode.EveryAction] {
		return func([]byte) bool { return true }, nil
	}
	return func(action []byte) bool { return set[string(action)] }, nil
}

// platforms returns the set of platforms that -p chooses, nil for all.
func (o *outputFlags) platforms() (map[string]bool, error) {
	if err := o.Platform.checkAgainst(decode.PlatformNames(), "platform"); err != nil {
		return nil, err
	}
	return o.Platform.set(), nil
}
