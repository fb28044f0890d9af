package docs

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// fishScript returns the script for fish: a complete line for each command, and
// one for each flag, with all commands that take it.
func fishScript(app *kong.Application) string {
	var lists, completes strings.Builder
	for _, name := range usedLists(app) {
		fmt.Fprintf(&lists, "function __%s_%s\n    __%s_list", app.Name, name, app.Name)
		for _, n := range listNamed(name) {
			fmt.Fprintf(&lists, " \\\n        %s %s", n.Name, fishQuote(n.Meaning))
		}
		lists.WriteString("\nend\n\n")
	}
	for _, command := range app.Children {
		fmt.Fprintf(&completes, "complete -c %s -n __%s_first -a %s -d %s\n",
			app.Name, app.Name, command.Name, fishQuote(sentence(command.Help)))
	}
	for _, command := range app.Children {
		for _, arg := range command.Positional {
			if options := fishChoices(app, choicesOf(app, arg)); options != "" {
				fmt.Fprintf(&completes, "complete -c %s -n '__%s_in %s'%s\n", app.Name, app.Name, command.Name, options)
			}
		}
	}
	for _, flag := range flagUses(app) {
		completes.WriteString(fishFlag(app, flag))
	}
	return strings.NewReplacer(
		"NAME", app.Name, "FALLBACK", app.DefaultCmd.Name, "LISTS\n", lists.String(), "COMPLETES\n", completes.String(),
	).Replace(fishTemplate)
}

// fishFlag returns the lines of a flag and its negation.
func fishFlag(app *kong.Application, flag *flagUse) string {
	start := "complete -c " + app.Name
	if flag.commands != nil {
		start += fmt.Sprintf(" -n '__%s_in %s'", app.Name, strings.Join(flag.commands, " "))
	}
	line := start
	if flag.Short != 0 {
		line += " -s " + string(flag.Short)
	}
	line += " -l " + flag.Name
	if takesValue(flag.Flag) {
		c := choicesOf(app, flag.Value)
		if c.files {
			line += " -r"
		} else {
			line += " -x"
		}
		line += fishChoices(app, c)
	}
	line += " -d " + fishQuote(sentence(flag.Help)) + "\n"
	if off := negated(flag.Flag); off != "" {
		line += start + " -l " + strings.TrimPrefix(off, "--") + " -d " + fishQuote(sentence(flag.Help)) + "\n"
	}
	return line
}

// fishChoices returns the options of complete that offer a value.
func fishChoices(app *kong.Application, c choices) string {
	switch {
	case c.files:
		return " -F"
	case c.list != "":
		return " -a '(__" + app.Name + "_" + c.list + ")'"
	case c.names != nil:
		words := make([]string, len(c.names))
		for i, n := range c.names {
			if words[i] = n.Name; n.Meaning != "" {
				words[i] += `\t` + fishQuote(n.Meaning)
			}
		}
		return ` -a "` + strings.NewReplacer(`"`, `\"`, "$", `\$`).Replace(strings.Join(words, " ")) + `"`
	}
	return ""
}

// fishQuote puts single quotes around a word.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

const fishTemplate = `# NAME completion for fish, made by: NAME completion fish
#
# To install it:
#
#     mkdir -p ~/.config/fish/completions
#     NAME completion fish > ~/.config/fish/completions/NAME.fish

# __NAME_first: the word under the cursor is the first after the program.
function __NAME_first
    test (count (commandline -opc)) -eq 1
end

# __NAME_in COMMAND...: the command line is for one of these commands.
function __NAME_in
    set -l words (commandline -opc)
    set -l command 'FALLBACK'
    if set -q words[2]; and not string match -q -- '-*' $words[2]
        set command $words[2]
    end
    contains -- "$command" $argv
end

# __NAME_list WORD MEANING...: the last word of a list with commas between.
function __NAME_list
    set -l given (commandline -ct | string replace -r -- '^(--[^=]*=|-[A-Za-z])' '' | string replace -r -- '[^,]*$' '')
    set -l chosen (string split -- , "$given")
    while set -q argv[2]
        contains -- $argv[1] $chosen; or printf '%s%s\t%s\n' "$given" $argv[1] $argv[2]
        set argv $argv[3..-1]
    end
end

LISTS
complete -c NAME -f

COMPLETES
`
