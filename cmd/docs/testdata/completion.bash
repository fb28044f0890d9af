# birds completion for bash, made by: birds completion bash
#
# To install it, add this line to ~/.bashrc:
#
#     eval "$(birds completion bash)"
#
# or, where the bash-completion package is set up, write it once to a file:
#
#     mkdir -p ~/.local/share/bash-completion/completions
#     birds completion bash > ~/.local/share/bash-completion/completions/birds

# _birds_flags COMMAND sets flags to the flags of the command.
_birds_flags() {
    case $1 in
    watch) flags='-o --format -f --filter --filter-file --arg -a --action --platform --time -q
        --quiet --reconnect --no-reconnect --wait -h --help --version' ;;
    play) flags='-o --format -f --filter --filter-file --arg -a --action --platform --time -q
        --quiet -h --help --version' ;;
    shell) flags='-o --format -h --help --version' ;;
    help) flags='-h --help --version' ;;
    nest) flags='-h --help --version' ;;
    esac
}

# _birds_value COMMAND FLAG sets what the flag's value can be: one of the words,
# some of the list with commas between, or a file. It fails for a flag without a value.
_birds_value() {
    words='' list='' files=''
    case $1 in
    watch)
        case $2 in
        -o | --format) words='json text' ;;
        -f | --filter | --arg | --wait) ;;
        --filter-file) files=yes ;;
        -a | --action) list=$actions ;;
        --platform) list=$platforms ;;
        --time) words='local utc' ;;
        *) return 1 ;;
        esac ;;
    play)
        case $2 in
        -o | --format) words='json text' ;;
        -f | --filter | --arg) ;;
        --filter-file) files=yes ;;
        -a | --action) list=$actions ;;
        --platform) list=$platforms ;;
        --time) words='local utc' ;;
        *) return 1 ;;
        esac ;;
    shell)
        case $2 in
        -o | --format) words='long short' ;;
        *) return 1 ;;
        esac ;;
    *) return 1 ;;
    esac
}

# _birds_argument COMMAND N sets what argument N can be, from 0.
_birds_argument() {
    case $1:$2 in
    play:*) files=yes ;;
    shell:0) words='bash zsh' ;;
    help:0) words='watch play shell help nest nesting' ;;
    esac
}

_birds() {
    local actions='all heartbeat connection_info connection_closed event reply_created
        reply_accepted reply_confirmed reply_failed relay_accepted
        relay_confirmed relay_failed link'
    local platforms='twitch youtube facebook dlive discord linkedin trovo x kick rumble restream
        unknown'
    local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} command='watch'
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
            if _birds_value "$command" "$word"; then
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
    elif [[ $cur == --*=* && -z $only ]] && _birds_value "$command" "${cur%%=*}"; then
        # bash 3.2 does not split at =, nor does a later bash whose COMP_WORDBREAKS lacks it.
        i=$((COMP_CWORD + 1))
        [[ ${BASH_VERSINFO[0]} -ge 4 && $COMP_WORDBREAKS != *=* ]] && before=${cur%%=*}=
        cur=${cur#*=}
    fi
    if ((i == COMP_CWORD)); then
        words='' list='' files=''
        _birds_flags "$command"
        if [[ $cur == -* && -z $only ]]; then
            words=$flags
        elif ((COMP_CWORD == 1)); then
            words='watch play shell help nest'
        else
            _birds_argument "$command" "$argument"
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
complete -F _birds birds
