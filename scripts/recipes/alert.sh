#!/usr/bin/env bash
# Rings the bell and shows each message that contains one of your words (WORDS).
#
#   WORDS='goat|moo' scripts/recipes/alert.sh demo
#   WORDS='@lotte' scripts/recipes/alert.sh
#
# WORDS is a regular expression. Upper and lower case are the same.
set -euo pipefail

if [ -z "${WORDS:-}" ]; then
	echo "alert.sh: no words given. For example: WORDS='goat|moo' alert.sh" >&2
	exit 2
fi
export WORDS
echo '{"action":"heartbeat"}' | restail replay -a all -o raw -f 'try ("" | test(env.WORDS; "i"))
	catch ("alert.sh: WORDS: \(.)" | halt_error(2))' >/dev/null
restail "$@" -o text -a event -f '.text | test(env.WORDS; "i")' | {
	trap '' INT # what came before Ctrl-C is kept
	while IFS= read -r line; do
		printf '\a%s\n' "$line"
	done
}
