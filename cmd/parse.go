package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode"
)

// A commandLine parses what the user wrote.
//
// It does not call kong's Parse and Run but takes their steps itself. They look
// methods up by name, and then the linker must keep every exported method of
// every library, which makes the program larger by an eighth.
type commandLine struct {
	app    *kong.Kong
	env    Env
	config *configuration
	set    origins
}

// description is the program in one sentence.
func description() string {
	return "Follow a Restream chat from the shell: the chats of " + decode.ChatPlatforms() + " as one stream of flat records."
}

// newCommandLine builds kong's model of the grammar over the streams and the
// environment of env, and the configuration.
func newCommandLine(g *grammar, env Env, config *configuration) (*commandLine, error) {
	set := origins{}
	app, err := kong.New(g,
		kong.Name("restail"),
		kong.Description(description()),
		kong.Writers(env.Stdout, env.Stderr),
		kong.ExplicitGroups(groups),
		kong.Help(help(env).Print),
		tableVars(),
		kong.Resolvers(config.resolver(env, set), environment(env, set)),
	)
	if err != nil {
		return nil, err
	}
	app.Model.HelpFlag.Help = "Print help."
	return &commandLine{app, env, config, set}, nil
}

// flagsOfNone are first arguments for which no command's flags are needed.
var flagsOfNone = []string{"-h", "--help", "-V", "--version"}

// parse parses args with the flags of the command that they seem to name. When
// that is not enough (a flag before the name, a configured flag of another
// command, a mistake), it parses them with the whole grammar.
func parse(args []string, env Env, config *configuration) (*kong.Context, origins, error) {
	isHelp := len(args) > 0 && args[0] == "help"
	if isHelp && len(args) > 2 && args[1] != "help" && !isFlag(args[1]) && !isFlag(args[2]) {
		if _, _, err := parse(args[:2], env, config); err != nil {
			return nil, nil, err
		}
		return nil, nil, usageError(fmt.Errorf("unexpected argument %q: help explains one command", args[2]), "see restail help "+args[1])
	}
	if isHelp {
		args = append(slices.Clone(args[1:]), "--help")
	}
	command := "tail"
	if len(args) > 0 && (!isFlag(args[0]) || slices.Contains(flagsOfNone, args[0])) {
		command = args[0]
	}
	line, err := newCommandLine(newGrammar(command), env, config)
	if err != nil {
		return nil, nil, err
	}
	if parsed, err := line.parse(args); err == nil {
		if selected := parsed.Selected(); selected == nil || selected.Name == command || asked(parsed) == "version" {
			return parsed, line.set, nil
		}
	}
	if line, err = newCommandLine(newGrammar(everyCommand), env, config); err != nil {
		return nil, nil, err
	}
	parsed, err := line.parse(args)
	return parsed, line.set, err
}

func isFlag(arg string) bool { return strings.HasPrefix(arg, "-") }

// model returns kong's model of the whole grammar.
func (r *run) model() (*kong.Application, error) {
	line, err := newCommandLine(newGrammar(everyCommand), r.Env, new(configuration))
	if err != nil {
		return nil, err
	}
	return line.app.Model, nil
}

// parse fills the grammar from args, the environment and the configuration. When
// args ask for help or the version, nothing else has to be right.
func (c *commandLine) parse(args []string) (*kong.Context, error) {
	parsed, err := kong.Trace(c.app, args)
	if err != nil {
		return nil, c.complaint(err, parsed)
	}
	if err := parsed.Error; err != nil {
		return nil, c.complaint(err, parsed)
	}
	if asked(parsed) != "" {
		return parsed, nil
	}
	if err := joinedValue(parsed.Selected(), args); err != nil {
		return nil, c.complaint(err, parsed)
	}
	for _, step := range []func() error{
		func() error { return c.config.err },
		parsed.Reset,
		parsed.Resolve,
		func() error { _, err := parsed.Apply(); return err },
		func() error { return c.check(parsed) },
	} {
		if err := step(); err != nil {
			return nil, c.complaint(err, parsed)
		}
	}
	return parsed, nil
}

// asked returns "help" or "version" when the command line asks for one of them
// instead of a run, else "".
func asked(parsed *kong.Context) string {
	for _, p := range parsed.Path {
		if p.Flag != nil && (p.Flag.Name == "help" || p.Flag.Name == "version") {
			return p.Flag.Name
		}
	}
	if command := parsed.Selected(); command != nil && command.Name == "version" {
		return command.Name
	}
	return ""
}

// check refuses values that the grammar does not allow, keys of the
// configuration that are no flag, a missing argument, and a time zone that is
// needed and cannot be read.
func (c *commandLine) check(parsed *kong.Context) error {
	command := parsed.Selected()
	for _, flag := range command.Flags {
		if err := checkEnum(flag.Value, "value"); err != nil {
			return fmt.Errorf("--%s: %w", flag.Name, err)
		}
	}
	if err := c.config.check(c.app.Model); err != nil {
		return err
	}
	for _, argument := range command.Positional {
		if argument.Required && !argument.Set {
			return missingArgument(argument)
		}
		if err := checkEnum(argument, argument.Name); err != nil {
			return err
		}
	}
	shows, ok := command.Target.Addr().Interface().(interface{ setZone(Env) error })
	if ok && len(command.Flags) > 0 { // else newGrammar has left them out
		return shows.setZone(c.env)
	}
	return nil
}

func missingArgument(argument *kong.Positional) error {
	name := strings.ToUpper(argument.Name)
	if argument.Enum == "" {
		return fmt.Errorf("missing %s", name)
	}
	return fmt.Errorf("missing %s: want %s", name, either(argument.EnumSlice()))
}

// checkEnum refuses a value that is not among those of its enum.
func checkEnum(value *kong.Value, what string) error {
	choices := value.EnumSlice()
	if value.Enum == "" || slices.Contains(choices, value.Target.String()) {
		return nil
	}
	return fmt.Errorf("unknown %s %q: want %s", what, value.Target.String(), either(choices))
}
