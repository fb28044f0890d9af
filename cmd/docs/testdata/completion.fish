# birds completion for fish, made by: birds completion fish
#
# To install it:
#
#     mkdir -p ~/.config/fish/completions
#     birds completion fish > ~/.config/fish/completions/birds.fish

# __birds_first: the word under the cursor is the first after the program.
function __birds_first
    test (count (commandline -opc)) -eq 1
end

# __birds_in COMMAND...: the command line is for one of these commands.
function __birds_in
    set -l words (commandline -opc)
    set -l command 'watch'
    if set -q words[2]; and not string match -q -- '-*' $words[2]
        set command $words[2]
    end
    contains -- "$command" $argv
end

# __birds_list WORD MEANING...: the last word of a list with commas between.
function __birds_list
    set -l given (commandline -ct | string replace -r -- '^(--[^=]*=|-[A-Za-z])' '' | string replace -r -- '[^,]*$' '')
    set -l chosen (string split -- , "$given")
    while set -q argv[2]
        contains -- $argv[1] $chosen; or printf '%s%s\t%s\n' "$given" $argv[1] $argv[2]
        set argv $argv[3..-1]
    end
end

function __birds_actions
    __birds_list \
        all 'every action' \
        heartbeat 'the service is alive; nothing happened' \
        connection_info 'a connection to a platform came up, changed or failed' \
        connection_closed 'a connection to a platform went away' \
        event 'a viewer wrote, subscribed or donated' \
        reply_created 'the streamer replied from Restream' \
        reply_accepted 'a platform accepted the reply' \
        reply_confirmed 'a platform showed the reply' \
        reply_failed 'a platform refused the reply' \
        relay_accepted 'a platform accepted a message relayed from another' \
        relay_confirmed 'a platform showed the relayed message' \
        relay_failed 'a platform refused the relayed message' \
        link 'restail\'s own connection: connected, lost, restored, filled, unfilled, ended'
end

function __birds_platforms
    __birds_list \
        twitch 'Twitch' \
        youtube 'YouTube' \
        facebook 'Facebook' \
        dlive 'DLive' \
        discord 'Discord' \
        linkedin 'LinkedIn' \
        trovo 'Trovo' \
        x 'X' \
        kick 'Kick' \
        rumble 'Rumble' \
        restream 'Restream itself' \
        unknown 'a source that restail does not know'
end

complete -c birds -f

complete -c birds -n __birds_first -a watch -d 'Watch the birds; plain birds does the same'
complete -c birds -n __birds_first -a play -d 'Play a recording: [calls], \'songs\' and "cries"'
complete -c birds -n __birds_first -a shell -d 'Print a script'
complete -c birds -n __birds_first -a help -d 'Explain: a bird\'s "command"'
complete -c birds -n __birds_first -a nest -d 'Do nothing'
complete -c birds -n '__birds_in play' -F
complete -c birds -n '__birds_in shell' -a "bash zsh"
complete -c birds -n '__birds_in help' -a "watch\t'Watch the birds; plain birds does the same' play\t'Play a recording: [calls], \'songs\' and \"cries\"' shell\t'Print a script' help\t'Explain: a bird\'s \"command\"' nest\t'Do nothing' nesting"
complete -c birds -n '__birds_in watch play' -s o -l format -x -a "json\t'one bird a line' text\t'one for \"people\"'" -d 'json: one bird a line; text: one for "people"'
complete -c birds -n '__birds_in watch play' -s f -l filter -x -d 'Runs [a] program: on each $bird, \'quoted\' and \\ escaped'
complete -c birds -n '__birds_in watch play' -l filter-file -r -F -d 'Read the program from a file'
complete -c birds -n '__birds_in watch play' -l arg -x -d 'Bind a name'
complete -c birds -n '__birds_in watch play' -s a -l action -x -a '(__birds_actions)' -d 'Actions to write'
complete -c birds -n '__birds_in watch play' -l platform -x -a '(__birds_platforms)' -d 'Platforms to write'
complete -c birds -n '__birds_in watch play' -l time -x -a "local utc" -d 'The clock, or a layout such as %H:%M'
complete -c birds -n '__birds_in watch play' -s q -l quiet -d 'Say nothing'
complete -c birds -n '__birds_in watch' -l reconnect -d 'Keep the link up (default), or give up at its first loss'
complete -c birds -n '__birds_in watch' -l no-reconnect -d 'Keep the link up (default), or give up at its first loss'
complete -c birds -n '__birds_in watch' -l wait -x -d 'How long to wait'
complete -c birds -n '__birds_in shell' -s o -l format -x -a "long short" -d 'How long it is'
complete -c birds -s h -l help -d 'Show context-sensitive help'
complete -c birds -l version -d 'Print the version'
