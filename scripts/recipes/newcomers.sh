#!/usr/bin/env bash
# Shows the first message of everybody who has never written before, on any
# platform. (On Twitch, restail -f .is_first does this without a file.)
#
#   scripts/recipes/newcomers.sh demo
#   scripts/recipes/newcomers.sh
#
# The file SEEN remembers who has written. By default it is
# ~/.local/state/restail/chatters.txt; for demo it is a temporary file.
set -euo pipefail

if [ "${1:-}" = demo ] && [ -z "${SEEN:-}" ]; then
	SEEN=$(mktemp)
	trap 'rm -f "$SEEN"' EXIT
fi
seen=${SEEN:-${XDG_STATE_HOME:-$HOME/.local/state}/restail/chatters.txt}
mkdir -p "$(dirname "$seen")"
touch "$seen"
# Two lines a message: who it is from, and what is shown.
restail "$@" -o text -a event -f '
	select((.is_bot | not) and (.author_id // .author) != "")
	| "\(.platform) \(.author_id // .author)", true' | {
	trap '' INT # what came before Ctrl-C is kept
	while IFS= read -r who && IFS= read -r message; do
		grep -qxF -e "$who" "$seen" || {
			printf '%s\n' "$who" >>"$seen"
			printf '%s\n' "$message"
		}
	done
}
