package docs

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode/record"
)

// bashScript returns the script for bash. It works in bash 3.2, which macOS ships,
// and uses compopt only where it exists.
func bashScript(app *kong.Application) string {
	var commandNames []string
	var flags, values, arguments strings.Builder
	for _, command := range app.Children {
		commandNames = append(commandNames, command.Name)
		var all []string
		for _, flag := range flagsOf(command) {
			all = append(all, spellings(flag)...)
		}
		fmt.Fprintf(&flags, "    %s) flags='%s' ;;\n", command.Name, fold(all, " ", "\n        "))
		if patterns := bashValues(app, flagsOf(command)); patterns != "" {
			fmt.Fprintf(&values, "    %s)\n        case $2 in\n%s        *) return 1 ;;\n        esac ;;\n", command.Name, patterns)
		}
		for i, arg := range command.Positional {
			number := strconv.Itoa(i)
			if arg.IsSlice() {
				number = "*"
			}
			fmt.Fprintf(&arguments, "    %s:%s) %s;;\n", command.Name, number, bashChoices(choicesOf(app, arg)))
		}
	}
	var lists strings.Builder
	for _, name := range usedLists(app) {
		fmt.Fprintf(&lists, "    local %s='%s'\n", name, fold(record.WithoutMeanings(listNamed(name)), " ", "\n        "))
	}
	return strings.NewReplacer(
		"NAME", app.Name, "COMMANDS", strings.Join(commandNames, " "), "FALLBACK", app.DefaultCmd.Name,
		"LISTS\n", lists.String(), "FLAGS\n", flags.String(), "VALUES\n", values.String(), "ARGUMENTS\n", arguments.String(),
	).Replace(bashTemplate)
}

// bashValues returns the patterns of a case statement over the flags that take a
// value. Flags that complete alike share a pattern.
func bashValues(app *kong.Application, flags []*kong.Flag) string {
	patterns := map[string][]string{}
	var order []string
	for _, flag := range flags {
		if !takesValue(flag) {
			continue
		}
		assignment := bashChoices(choicesOf(app, flag.Value))
		if patterns[assignment] == nil {
			order = append(order, assignment)
		}
		patterns[assignment] = append(patterns[assignment], spellings(flag)...)
	}
	var out strings.Builder
	for _, assignment := range order {
		fmt.Fprintf(&out, "        %s) %s;;\n", fold(patterns[assignment], " | ", " | \\\n            "), assignment)
	}
	return out.String()
}

// bashChoices returns the assignment that completes a value.
func bashChoices(c choices) string {
	switch {
	case c.files:
		return "files=yes "
	case c.list != "":
		return "list=$" + c.list + " "
	case c.names != nil:
		return "words=" + quote(strings.Join(record.WithoutMeanings(c.names), " ")) + " "
	}
	return ""
}

const bashTemplate = `# NAME completion for bash, made by: NAME completion bash
#
# To install it, add this line to ~/.bashrc:
#
#     eval "$(NAME completion bash)"
#
# or, where the bash-completion package is set up, write it once to a file:
#
#     mkdir -p ~/.local/share/bash-completion/completions
#     NAME completion bash > ~/.local/share/bash-completion/completions/NAME

# _NAME_flags COMMAND sets flags to the flags of the command.
_NAME_flags() {
    case $1 in
FLAGS
    esac
}

# _NAME_value COMMAND FLAG sets what the flag's value can be: one of the words,
# some of the list with commas between, or a file. It fails for a flag without a value.
_NAME_value() {
    words='' list='' files=''
    case $1 in
VALUES
    *) return 1 ;;
    esac
}

# _NAME_argument COMMAND N sets what argument N can be, from 0.
_NAME_argument() {
    case $1:$2 in
ARGUMENTS
    esac
}

_NAME() {
LISTS
    local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} command='FALLBACK'
    local i=1 argument=0 only='' flags='' words='' list='' files='' before='' chosen word
    COMPREPLY=()
    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} != -* ]]; then
        command=${COMP_WORDS[1]} i=2
    fi
    # Walk to the word under the cursor. If i ends after it, the word is a flag's value.
    # bash splits words at = and :, and each of these is a word then.
    while ((i < COMP_CWORD)); do
        word=${COMP_WORDS[i]}
        if [[ $word == [=:] ]]; then
            i=$((i + 1))
        elif [[ $word == -- ]]; then
            only=arguments
        elif [[ $word == -* && -z $only ]]; then
            if _NAME_value "$command" "$word"; then
                [[ ${COMP_WORDS[i + 1]} == = ]] && i=$((i + 1))
                i=$((i + 1))
            fi
        else
            argument=$((argument + 1))
        fi
        i=$((i + 1))
    done
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $cur == --*=* && -z $only ]] && _NAME_value "$command" "${cur%%=*}"; then
        # bash 3.2 does not split at =, nor does a later bash whose COMP_WORDBREAKS lacks it.
        i=$((COMP_CWORD + 1))
        [[ ${BASH_VERSINFO[0]} -ge 4 && $COMP_WORDBREAKS != *=* ]] && before=${cur%%=*}=
        cur=${cur#*=}
    fi
    if ((i == COMP_CWORD)); then
        words='' list='' files=''
        _NAME_flags "$command"
        if [[ $cur == -* && -z $only ]]; then
            words=$flags
        elif ((COMP_CWORD == 1)); then
            words='COMMANDS'
        else
            _NAME_argument "$command" "$argument"
            [[ -z $cur$only$words$files ]] && words=$flags
        fi
    fi
    if [[ -n $files ]]; then
        compopt -o default 2>/dev/null && return
        IFS=$'\n'
        COMPREPLY=($(compgen -P "$before" -f -- "$cur"))
        return
    fi
    if [[ -n $list ]]; then
        chosen=${cur%"${cur##*,}"} cur=${cur##*,}
        for word in $list; do
            [[ ,$chosen == *,$word,* ]] || words+=" $word"
        done
        compopt -o nospace 2>/dev/null
        # When bash lists the choices, leave out the names that are typed already.
        [[ ${COMP_TYPE-} == 63 ]] || before+=$chosen
    fi
    COMPREPLY=($(compgen -P "$before" -W "$words" -- "$cur"))
}
complete -F _NAME NAME
`
