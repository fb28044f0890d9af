package cmd

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

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
