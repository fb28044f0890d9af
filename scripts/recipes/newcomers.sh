#!/usr/bin/env bash
# Shows the first message of everybody who was never here before, on any
# platform: a file remembers who was. (Twitch tells by itself: -f .is_first.)
#
#   scripts/recipes/newcomers.sh demo
#   SEEN=~/chatters.txt scripts/recipes/newcomers.sh
set -euo pipefail

seen=${SEEN:-${XDG_STATE_HOME:-$HOME/.local/state}/restail/chatters.txt}
mkdir -p "$(dirname "$seen")"
touch "$seen"
# Two lines a message: who it is from, and what is shown.
restail "$@" -o text -a event -f '
	select((.is_bot | not) and (.author_id // .author) != "")
	| "\(.platform) \(.author_id // .author)", true' |
	while IFS= read -r who && IFS= read -r message; do
		grep -qxF -e "$who" "$seen" || {
			printf '%s\n' "$who" >>"$seen"
			printf '%s\n' "$message"
		}
	done
