package cmd

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode"
)

// commandLine parses the arguments with kong.
//
// It takes the steps of kong's Parse and Run itself. Those look methods up by name, and
// that would force the linker to keep every exported method of every library.
type commandLine struct {
	app     *kong.Kong
	env     Env
	config  *configuration
	origins origins
	isHelp  bool // for the command help, which also explains topics
}

// description is the program in one sentence.
func description() string {
	return "Follow a Restream chat from the shell: the chats of " + decode.ChatPlatforms() + " as one stream of flat records."
}

// newCommandLine builds kong's model of the grammar. Flags also get their values from
// the environment and the configuration.
func newCommandLine(g *grammar, env Env, config *configuration) (*commandLine, error) {
	from := origins{}
	app, err := kong.New(g,
		kong.Name("restail"),
		kong.Description(description()),
		kong.Writers(env.Stdout, env.Stderr),
		kong.ExplicitGroups(groups),
		kong.Help(help(env).Print),
		tableVars(),
		kong.Resolvers(config.resolver(env, from), environment(env, from)),
	)
	if err != nil {
		return nil, err
	}
	app.Model.HelpFlag.Help = "Print help."
	return &commandLine{app: app, env: env, config: config, origins: from}, nil
}

// infoFlags are first arguments that need no command's flags.
var infoFlags = []string{"-h", "--help", "-V", "--version"}

// parse parses args, and returns where the flags that they do not name were set. It reads
// help COMMAND as COMMAND --help.
func parse(args []string, env Env, config *configuration) (*kong.Context, origins, error) {
	extra := ""
	isHelp := len(args) > 0 && args[0] == "help"
	if isHelp {
		args = slices.Clone(args[1:])
		if len(args) > 1 && args[0] != "help" && !isFlag(args[0]) && !isFlag(args[1]) {
			args, extra = args[:1], args[1]
		}
		args = append(args, "--help")
	}
	parsed, origins, err := parseCommand(args, isHelp, env, config)
	if err == nil && extra != "" {
		err = usageError(fmt.Errorf("unexpected argument %q: help explains one command", extra), "see restail help "+args[0])
	}
	return parsed, origins, err
}

// parseCommand parses args with the flags of the command that they seem to name, since
// kong's model of all flags takes 1 MB of memory. If that fails, because of a flag before
// the name, a configured flag of another command or a mistake, it parses them with all
// flags.
func parseCommand(args []string, isHelp bool, env Env, config *configuration) (*kong.Context, origins, error) {
	command := "tail"
	if len(args) > 0 && (!isFlag(args[0]) || slices.Contains(infoFlags, args[0])) {
		command = args[0]
	}
	line, err := newCommandLine(newGrammar(command), env, config)
	if err != nil {
		return nil, nil, err
	}
	if parsed, err := line.parse(args); err == nil {
		if selected := parsed.Selected(); selected == nil || selected.Name == command || helpOrVersion(parsed) == "version" {
			return parsed, line.origins, nil
		}
	}
	if line, err = newCommandLine(newGrammar(everyCommand), env, config); err != nil {
		return nil, nil, err
	}
	line.isHelp = isHelp
	parsed, err := line.parse(args)
	return parsed, line.origins, err
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

// parse fills the grammar from args, the environment and the configuration. If args ask
// for help or the version, it checks nothing else.
func (c *commandLine) parse(args []string) (*kong.Context, error) {
	parsed, err := kong.Trace(c.app, args)
	if err == nil {
		err = parsed.Error
	}
	if err == nil && helpOrVersion(parsed) == "" {
		err = c.fill(parsed)
	}
	if err != nil {
		return nil, c.kongError(err, parsed)
	}
	return parsed, nil
}

// fill gives the grammar its values, and checks them.
func (c *commandLine) fill(parsed *kong.Context) error {
	for _, step := range []func() error{
		func() error { return checkJoinedValue(parsed.Selected(), parsed.Args) },
		func() error { return c.config.err },
		parsed.Reset,
		parsed.Resolve,
		func() error { _, err := parsed.Apply(); return err },
		func() error { return c.check(parsed) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// helpOrVersion returns "help" or "version" if the command line asks for one of them,
// else "".
func helpOrVersion(parsed *kong.Context) string {
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

// check returns an error for a value that the grammar does not allow, a key of the
// configuration that is no flag, a missing argument, and a time zone that is needed but
// cannot be read.
func (c *commandLine) check(parsed *kong.Context) error {
	command := parsed.Selected()
	for _, p := range parsed.Path {
		if p.Flag != nil && p.Flag.PlaceHolder == "FILE" && p.Flag.Target.String() == "" {
			return fmt.Errorf("--%s: empty file name", p.Flag.Name)
		}
		if p.Positional != nil && p.Positional.Target.String() == "" {
			return fmt.Errorf("the name of the %s is empty", p.Positional.Name)
		}
	}
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
	zoned, ok := command.Target.Addr().Interface().(interface{ setZone(Env) error })
	if ok && len(command.Flags) > 0 { // newGrammar omits the flags of other commands
		return zoned.setZone(c.env)
	}
	return nil
}

func missingArgument(argument *kong.Positional) error {
	name := strings.ToUpper(argument.Name)
	if argument.Enum == "" {
		return fmt.Errorf("missing %s", name)
	}
	return fmt.Errorf("missing %s: want %s", name, joinOr(argument.EnumSlice()))
}

// checkEnum returns an error if a value is not one of its enum.
func checkEnum(value *kong.Value, what string) error {
	choices := value.EnumSlice()
	if value.Enum == "" || slices.Contains(choices, value.Target.String()) {
		return nil
	}
	return fmt.Errorf("unknown %s %q: want %s", what, value.Target.String(), joinOr(choices))
}

// kongError turns an error of kong into a usage error that says where help is.
func (c *commandLine) kongError(err error, parsed *kong.Context) error {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e
	}
	command := parsed.Selected()
	if command == nil {
		command = c.app.Model.DefaultCmd
	}
	hint := "see restail " + command.Name + " --help"
	if command.Name == "help" {
		hint = "see restail help help" // help --help is the program's
	}
	if err := checkJoinedValue(command, parsed.Args); err != nil {
		return usageError(err, hint)
	}
	text, _, _ := strings.Cut(err.Error(), ", did you mean ")
	if arg, ok := strings.CutPrefix(text, "unexpected argument "); ok {
		if command.Name == "tail" && !slices.Contains(parsed.Args, "tail") {
			if c.isHelp {
				return usageError(unknownError("command or topic", arg, c.commands(), "the topics are "+strings.Join(topicNames(), ", ")), "see restail --help")
			}
			return usageError(unknownError("command", arg, c.commands(), "see restail --help"), replayHint(arg))
		}
		return usageError(fmt.Errorf("unexpected argument %q", arg), hint)
	}
	if name, ok := strings.CutPrefix(text, "unknown flag "); ok {
		return usageError(unknownFlag(name, command), hint)
	}
	if flag, command, ok := flagBeforeCommand(text); ok {
		return usageError(fmt.Errorf("--%s comes before %s: write it after the command", flag, command), "see restail "+command+" --help")
	}
	if missing := missingValueError(text, command); missing != "" {
		text = missing
	}
	return usageError(errors.New(c.origins.withOrigin(boolError(text, parsed.Args))), hint)
}

// replayHint says how to play a recording if arg is the name of a file, else "".
func replayHint(arg string) string {
	if info, err := os.Stat(arg); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return replayAdvice
}

// replayAdvice is the hint for a recording that is given to tail.
const replayAdvice = "to play a recording: restail replay FILE"

// commands returns the names of all commands.
func (c *commandLine) commands() []string {
	var names []string
	for _, command := range c.app.Model.Children {
		names = append(names, command.Name)
	}
	return names
}

// unknownFlag is the error for a flag that command does not have. It names the commands
// that have it, or suggests the nearest flag.
func unknownFlag(name string, command *kong.Node) error {
	long, isLong := strings.CutPrefix(name, "--")
	var owners []string
	for _, other := range command.Parent.Children {
		if hasFlag(other.Flags, name) {
			owners = append(owners, other.Name)
		}
	}
	if owners != nil {
		return fmt.Errorf("%s is a flag of %s, not of %s", name, joinOr(owners), command.Name)
	}
	if !isLong {
		return fmt.Errorf("unknown flag %q", name) // a suggestion would be a guess
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

// hasFlag reports whether a flag has that name: --count or -n.
func hasFlag(flags []*kong.Flag, name string) bool {
	if long, isLong := strings.CutPrefix(name, "--"); isLong {
		return slices.Contains(longNames(flags), long)
	}
	return slices.ContainsFunc(flags, func(f *kong.Flag) bool { return f.Short != 0 && name == "-"+string(f.Short) })
}

// flagBeforeCommand parses kong's error about a flag that stands before the name of
// another command than tail.
func flagBeforeCommand(message string) (flag, command string, ok bool) {
	_, err := fmt.Sscanf(message, `flag --%s applies to the default command "tail", not %q`, &flag, &command)
	return flag, command, err == nil
}

// missingValueError rewords kong's error about a flag whose value is missing, or stands
// before an argument that begins with a hyphen. If the flag would refuse that argument,
// as --count refuses -1, it says why instead. It returns "" for any other error.
func missingValueError(message string, command *kong.Node) string {
	name, rest, _ := strings.Cut(message, ": expected ")
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

// checkJoinedValue returns an error for -o=text, which kong reads as -o with the value
// "=text".
func checkJoinedValue(command *kong.Node, args []string) error {
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

// shellCharacters are the characters that have a meaning in a shell.
const shellCharacters = " \t\n\"'`$&|;<>()[]{}*?!#~\\"

// boolError rewords kong's error about a value that is not a bool. It returns any other
// message as it is.
func boolError(message string, args []string) string {
	flag, value, isBool := strings.Cut(message, "bool value must be true, 1, yes, false, 0 or no but got ")
	if !isBool {
		return message
	}
	if flag == "" { // kong does not name a negated flag
		flag = negatedFlagWith(value, args)
	}
	return flag + "invalid value " + value + ": want true or false"
}

// negatedFlagWith returns the negated flag that has a value, or "". The value is quoted
// and in lower case.
func negatedFlagWith(value string, args []string) string {
	for _, arg := range args {
		name, given, _ := strings.Cut(arg, "=")
		if strings.HasPrefix(name, "--no-") && fmt.Sprintf("%q", strings.ToLower(given)) == value {
			return name + ": "
		}
	}
	return ""
}
