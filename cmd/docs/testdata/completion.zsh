#compdef birds
#
# birds completion for zsh, made by: birds completion zsh
#
# To install it, write it to a folder of $fpath, under this name:
#
#     birds completion zsh > "${fpath[1]}/_birds"
#
# or add this line to ~/.zshrc, after the one with compinit:
#
#     source <(birds completion zsh)

_birds_commands() {
    local -a commands=(
        'watch:Watch the birds; plain birds does the same'
        'play:Play a recording: [calls], '\''songs'\'' and "cries"'
        'shell:Print a script'
        'help:Explain: a bird'\''s "command"'
        'nest:Do nothing'
    )
    _describe -t commands command commands
}

_birds_watch() {
    _arguments -s -S \
        '(-o --format)'{-o+,--format=}'[json\: one bird a line; text\: one for "people"]:"json":((json\:"one bird a line" text\:"one for \"people\""))' \
        '(-f --filter)'{-f+,--filter=}'[Runs \[a\] program\: on each $bird, '\''quoted'\'' and \\ escaped]:EXPR: ' \
        '--filter-file=[Read the program from a file]:FILE:_files' \
        '*--arg=[Bind a name]:NAME=VALUE: ' \
        '(-a --action)'{-a+,--action=}'[Actions to write]:LIST:_birds_actions' \
        '--platform=[Platforms to write]:LIST:_birds_platforms' \
        '--time=[The clock, or a layout such as %H\:%M]:CLOCK:((local utc))' \
        '(-q --quiet)'{-q,--quiet}'[Say nothing]' \
        '(--reconnect --no-reconnect)--reconnect[Keep the link up (default), or give up at its first loss]' \
        '(--reconnect --no-reconnect)--no-reconnect[Keep the link up (default), or give up at its first loss]' \
        '--wait=[How long to wait]:DURATION: ' \
        '(-h --help)'{-h,--help}'[Show context-sensitive help]' \
        '--version[Print the version]'
}

_birds_play() {
    _arguments -s -S \
        '(-o --format)'{-o+,--format=}'[json\: one bird a line; text\: one for "people"]:"json":((json\:"one bird a line" text\:"one for \"people\""))' \
        '(-f --filter)'{-f+,--filter=}'[Runs \[a\] program\: on each $bird, '\''quoted'\'' and \\ escaped]:EXPR: ' \
        '--filter-file=[Read the program from a file]:FILE:_files' \
        '*--arg=[Bind a name]:NAME=VALUE: ' \
        '(-a --action)'{-a+,--action=}'[Actions to write]:LIST:_birds_actions' \
        '--platform=[Platforms to write]:LIST:_birds_platforms' \
        '--time=[The clock, or a layout such as %H\:%M]:CLOCK:((local utc))' \
        '(-q --quiet)'{-q,--quiet}'[Say nothing]' \
        '(-h --help)'{-h,--help}'[Show context-sensitive help]' \
        '--version[Print the version]' \
        '*:FILE:_files'
}

_birds_shell() {
    _arguments -s -S \
        '(-o --format)'{-o+,--format=}'[How long it is]:"short":((long short))' \
        '(-h --help)'{-h,--help}'[Show context-sensitive help]' \
        '--version[Print the version]' \
        ':NAME:((bash zsh))'
}

_birds_help() {
    _arguments -s -S \
        '(-h --help)'{-h,--help}'[Show context-sensitive help]' \
        '--version[Print the version]' \
        '::COMMAND:((watch\:"Watch the birds; plain birds does the same" play\:"Play a recording\: [calls], '\''songs'\'' and \"cries\"" shell\:"Print a script" help\:"Explain\: a bird'\''s \"command\"" nest\:"Do nothing" nesting))'
}

_birds_nest() {
    _arguments -s -S \
        '(-h --help)'{-h,--help}'[Show context-sensitive help]' \
        '--version[Print the version]'
}

_birds_actions() {
    _values -s , actions \
        'all[every action]' \
        'heartbeat[the service is alive; nothing happened]' \
        'connection_info[a connection to a platform came up, changed or failed]' \
        'connection_closed[a connection to a platform went away]' \
        'event[a viewer wrote, subscribed or donated]' \
        'reply_created[the streamer replied from Restream]' \
        'reply_accepted[a platform accepted the reply]' \
        'reply_confirmed[a platform showed the reply]' \
        'reply_failed[a platform refused the reply]' \
        'relay_accepted[a platform accepted a message relayed from another]' \
        'relay_confirmed[a platform showed the relayed message]' \
        'relay_failed[a platform refused the relayed message]' \
        'link[restail'\''s own connection: connected, lost, restored, filled, unfilled, ended]'
}

_birds_platforms() {
    _values -s , platforms \
        'twitch[Twitch]' \
        'youtube[YouTube]' \
        'facebook[Facebook]' \
        'dlive[DLive]' \
        'discord[Discord]' \
        'linkedin[LinkedIn]' \
        'trovo[Trovo]' \
        'x[X]' \
        'kick[Kick]' \
        'rumble[Rumble]' \
        'restream[Restream itself]' \
        'unknown[a source that restail does not know]'
}

_birds() {
    local command='watch' curcontext=$curcontext
    if [[ $words[2] != -* ]]; then
        if ((CURRENT == 2)); then
            _birds_commands
            return
        fi
        command=$words[2]
        shift words
        ((CURRENT--))
    fi
    (($+functions[_birds_$command])) || return 1
    curcontext=${curcontext%:*}-$command:
    _birds_$command
}

if [[ $funcstack[1] == _birds ]]; then
    _birds "$@"
else
    compdef _birds birds
fi
