package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// complaint turns an error of kong's into a usage error that says where help is.
func (c *commandLine) complaint(err error, parsed *kong.Context) error {
	if e := (*exitError)(nil); errors.As(err, &e) {
		return e
	}
	name := "tail"
	selected := parsed.Selected()
	if selected != nil {
		name = selected.Name
	}
	word, unexpected := strings.CutPrefix(err.Error(), "unexpected argument ")
	if unexpected && name == "tail" {
		return usageError(fmt.Errorf("%q is no command", word), "see restail --help")
	}
	if flag, command, early := beforeCommand(err.Error()); early {
		return usageError(fmt.Errorf("--%s stands before %s and would be one of tail: write it after the command", flag, command), "see restail "+command+" --help")
	}
	return usageError(errors.New(c.set.blame(plain(err.Error(), parsed.Args))), "see restail "+name+" --help")
}

// beforeCommand reads kong's complaint about a flag that stands before the name
// of another command than tail.
func beforeCommand(complaint string) (flag, command string, ok bool) {
	_, err := fmt.Sscanf(complaint, `flag --%s applies to the default command "tail", not %q`, &flag, &command)
	return flag, command, err == nil
}

// plain says in our words what kong says in its own.
func plain(complaint string, args []string) string {
	complaint = strings.NewReplacer(
		"expected value value but got", "expected a value but got",
		`"EOL" (<EOL>)`, "nothing",
		" (short flag)", "",
	).Replace(complaint)
	if letter, short := strings.CutPrefix(complaint, "unknown flag -"); short && !strings.HasPrefix(letter, "-") {
		complaint, _, _ = strings.Cut(complaint, ", did you mean") // any letter for any other
	}
	flag, value, isBool := strings.Cut(complaint, "bool value must be true, 1, yes, false, 0 or no but got ")
	if !isBool {
		return complaint
	}
	if flag == "" { // kong does not name a negated flag
		flag = negatedWith(value, args)
	}
	return flag + value + " is neither true nor false: write true, 1, yes, false, 0 or no"
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
