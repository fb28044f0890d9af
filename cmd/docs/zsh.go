package docs

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// zshScript returns the script for zsh: a function for each command, which calls
// zsh's own _arguments, and a function for each list.
func zshScript(app *kong.Application) string {
	var described, functions strings.Builder
	for _, command := range app.Children {
		fmt.Fprintf(&described, "        %s\n", quote(command.Name+":"+sentence(command.Help)))
		fmt.Fprintf(&functions, "_%s_%s() {\n    _arguments -s -S", app.Name, command.Name)
		for _, spec := range zshArguments(app, command) {
			functions.WriteString(" \\\n        " + spec)
		}
		functions.WriteString("\n}\n\n")
	}
	for _, name := range usedLists(app) {
		fmt.Fprintf(&functions, "_%s_%s() {\n    _values -s , %s", app.Name, name, name)
		for _, n := range listNamed(name) {
			functions.WriteString(" \\\n        " + quote(n.Name+"["+zshEscape(n.Meaning, "[]")+"]"))
		}
		functions.WriteString("\n}\n\n")
	}
	return strings.NewReplacer(
		"NAME", app.Name, "FALLBACK", app.DefaultCmd.Name, "DESCRIBED\n", described.String(), "FUNCTIONS\n", functions.String(),
	).Replace(zshTemplate)
}

// zshArguments returns the specs that _arguments takes for a command.
func zshArguments(app *kong.Application, command *kong.Node) []string {
	var specs []string
	for _, flag := range flagsOf(command) {
		specs = append(specs, zshFlag(app, flag)...)
	}
	for _, arg := range command.Positional {
		colon := ":"
		switch {
		case arg.IsSlice():
			colon = "*:"
		case !arg.Required:
			colon = "::"
		}
		specs = append(specs, quote(colon+strings.ToUpper(arg.Name)+":"+zshChoices(app, choicesOf(app, arg))))
	}
	return specs
}

// zshFlag returns the specs of a flag: one for the flag, and one for its negation if
// it has one. Either excludes the other.
func zshFlag(app *kong.Application, flag *kong.Flag) []string {
	others := ""
	if all := spellings(flag); len(all) > 1 && !flag.IsCumulative() {
		others = "(" + strings.Join(all, " ") + ")"
	}
	repeat := ""
	if flag.IsCumulative() {
		repeat = "*"
	}
	help := "[" + zshEscape(sentence(flag.Help), "[]:") + "]"
	short, long := "-"+string(flag.Short), "--"+flag.Name
	if takesValue(flag) {
		short, long = short+"+", long+"="
		help += ":" + zshEscape(flag.FormatPlaceHolder(), ":") + ":" + zshChoices(app, choicesOf(app, flag.Value))
	}
	specs := []string{quote(others + repeat + long + help)}
	if flag.Short != 0 {
		specs[0] = quote(others+repeat) + "{" + short + "," + long + "}" + quote(help)
	}
	if off := negated(flag); off != "" {
		specs = append(specs, quote(others+off+"["+zshEscape(sentence(flag.Help), "[]:")+"]"))
	}
	return specs
}

// zshChoices returns the action that completes a value.
func zshChoices(app *kong.Application, c choices) string {
	switch {
	case c.files:
		return "_files"
	case c.list != "":
		return "_" + app.Name + "_" + c.list
	case c.names != nil:
		words := make([]string, len(c.names))
		for i, n := range c.names {
			if words[i] = n.Name; n.Meaning != "" {
				words[i] += `\:"` + zshEscape(n.Meaning, ":\"$`") + `"`
			}
		}
		return "((" + strings.Join(words, " ") + "))"
	}
	return " "
}

// zshEscape escapes the special characters and backslashes with a backslash.
func zshEscape(s, special string) string {
	var out strings.Builder
	for _, c := range s {
		if c == '\\' || strings.ContainsRune(special, c) {
			out.WriteByte('\\')
		}
		out.WriteRune(c)
	}
	return out.String()
}

const zshTemplate = `#compdef NAME
#
# NAME completion for zsh, made by: NAME completion zsh
#
# To install it, write it to a folder of $fpath, under this name:
#
#     NAME completion zsh > "${fpath[1]}/_NAME"
#
# or add this line to ~/.zshrc, after the one with compinit:
#
#     source <(NAME completion zsh)

_NAME_commands() {
    local -a commands=(
DESCRIBED
    )
    _describe -t commands command commands
}

FUNCTIONS
_NAME() {
    local command='FALLBACK' curcontext=$curcontext
    if [[ $words[2] != -* ]]; then
        if ((CURRENT == 2)); then
            _NAME_commands
            return
        fi
        command=$words[2]
        shift words
        ((CURRENT--))
    fi
    (($+functions[_NAME_$command])) || return 1
    curcontext=${curcontext%:*}-$command:
    _NAME_$command
}

if [[ $funcstack[1] == _NAME ]]; then
    _NAME "$@"
else
    compdef _NAME NAME
fi
`
