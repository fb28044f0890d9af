package cmd

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
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

// complaint turns an error of kong's into a usage error that says where help is.
func (c *commandLine) complaint(err error, parsed *kong.Context) error {
	if e := (*exitError)(nil); errors.As(err, &e) {
		return e
	}
	command := parsed.Selected()
	if command == nil {
		command = c.app.Model.DefaultCmd
	}
	see := "see restail " + command.Name + " --help"
	if command.Name == "help" {
		see = "see restail help help" // help --help is the program's
	}
	if joined := joinedValue(command, parsed.Args); joined != nil {
		return usageError(joined, see)
	}
	text, _, _ := strings.Cut(err.Error(), ", did you mean ")
	if word, ok := strings.CutPrefix(text, "unexpected argument "); ok {
		if command.Name == "tail" && !slices.Contains(parsed.Args, "tail") {
			return usageError(unknown("command", word, c.commands(), "see restail --help"), "")
		}
		return usageError(fmt.Errorf("unexpected argument %q", word), see)
	}
	if name, ok := strings.CutPrefix(text, "unknown flag "); ok {
		return usageError(unknownFlag(name, command), see)
	}
	if flag, command, early := beforeCommand(text); early {
		return usageError(fmt.Errorf("--%s comes before %s: write it after the command", flag, command), "see restail "+command+" --help")
	}
	if missing := missingValue(text, command); missing != "" {
		text = missing
	}
	return usageError(errors.New(c.set.blame(plainBool(text, parsed.Args))), see)
}

// commands returns the names of all commands.
func (c *commandLine) commands() []string {
	var names []string
	for _, command := range c.app.Model.Children {
		names = append(names, command.Name)
	}
	return names
}

// unknownFlag says which commands have the flag, or suggests the nearest flag of
// the command.
func unknownFlag(name string, command *kong.Node) error {
	long, isLong := strings.CutPrefix(name, "--")
	if !isLong {
		return fmt.Errorf("unknown flag %q", name) // any letter is near any other
	}
	var owners []string
	for _, other := range command.Parent.Children {
		if slices.Contains(longNames(other.Flags), long) {
			owners = append(owners, other.Name)
		}
	}
	if owners != nil {
		return fmt.Errorf("%s is a flag of %s, not of %s", name, either(owners), command.Name)
	}
	if near := nearest(long, longNames(slices.Concat(command.Flags, command.Parent.Flags))); near != "" {
		return fmt.Errorf("unknown flag %q (did you mean %q?)", name, "--"+near)
	}
	return fmt.Errorf("unknown flag %q", name)
}

// longNames returns the names of flags and of their negations.
func longNames(flags []*kong.Flag) []string {
	var names []string
	for _, flag := range flags {
		names = append(names, flag.Name)
		if flag.Tag.Negatable != "" {
			names = append(names, "no-"+flag.Name)
		}
	}
	return names
}

// beforeCommand reads kong's complaint about a flag that stands before the name
// of another command than tail.
func beforeCommand(complaint string) (flag, command string, ok bool) {
	_, err := fmt.Sscanf(complaint, `flag --%s applies to the default command "tail", not %q`, &flag, &command)
	return flag, command, err == nil
}

// missingValue reads kong's complaint that nothing, or something that begins
// with a hyphen, stands where a flag's value should. When the flag would refuse
// that value too, as --count refuses -1, it says so instead.
func missingValue(complaint string, command *kong.Node) string {
	name, rest, _ := strings.Cut(complaint, ": expected ")
	_, got, found := strings.Cut(rest, " but got ")
	if !found {
		return ""
	}
	if strings.HasSuffix(got, "(<EOL>)") {
		return name + ": missing value"
	}
	quoted, err := strconv.QuotedPrefix(got)
	i := slices.IndexFunc(command.Flags, func(flag *kong.Flag) bool { return flag.ShortSummary() == name })
	if err != nil || i < 0 {
		return ""
	}
	flag := command.Flags[i]
	value, _ := strconv.Unquote(quoted)
	if err := flag.Parse(kong.ScanAsType(kong.FlagValueToken, value), reflect.New(flag.Target.Type()).Elem()); err != nil {
		return err.Error()
	}
	if slices.Contains([]string{"EXPR", "FILE", "COMMAND"}, flag.PlaceHolder) {
		return fmt.Sprintf("%s: missing value before %s: write %s=VALUE if it is the value", name, quoted, name)
	}
	return fmt.Sprintf("%s: missing value before %s", name, quoted)
}

// joinedValue refuses -o=text, which kong reads as -o with the value "=text".
func joinedValue(command *kong.Node, args []string) error {
	for _, flag := range command.Flags {
		if flag.Short == 0 || flag.IsBool() {
			continue
		}
		short := "-" + string(flag.Short)
		for _, arg := range args {
			value, joined := strings.CutPrefix(arg, short+"=")
			switch {
			case arg == "--":
				return nil
			case joined && (value == "" || strings.ContainsAny(value, shellCharacters)):
				return fmt.Errorf("invalid %q: write %s %s", arg, short, flag.FormatPlaceHolder())
			case joined:
				return fmt.Errorf("invalid %q: write %s %s", arg, short, value)
			}
		}
	}
	return nil
}

// shellCharacters are those that mean something to a shell.
const shellCharacters = " \t\n\"'`$&|;<>()[]{}*?!#~\\"

// plainBool says in our words what kong says about a value that is not a bool.
func plainBool(complaint string, args []string) string {
	flag, value, isBool := strings.Cut(complaint, "bool value must be true, 1, yes, false, 0 or no but got ")
	if !isBool {
		return complaint
	}
	if flag == "" { // kong does not name a negated flag
		flag = negatedWith(value, args)
	}
	return flag + "invalid value " + value + ": want true or false"
}

// negatedWith finds the negated flag that has a value, which is quoted and in
// lower case.
func negatedWith(value string, args []string) string {
	for _, arg := range args {
		name, given, _ := strings.Cut(arg, "=")
		if strings.HasPrefix(name, "--no-") && fmt.Sprintf("%q", strings.ToLower(given)) == value {
			return name + ": "
		}
	}
	return ""
}
