#!/usr/bin/env bash
# Counts the messages of each platform, minute by minute.
#
#   scripts/recipes/per-minute.sh demo
#   scripts/recipes/per-minute.sh replay show.raw.gz
#
# A minute is shown when the next one begins. In a quiet chat, a heartbeat tells
# that. Ctrl-C shows the counts of the last minute so far.
set -euo pipefail

restail "$@" -o text -a event,heartbeat \
	-f '"\(.time[:16]) \(if .action == "event" then .platform else "" end)"' | {
	trap '' INT
	minute='' platforms=''
	show() {
		printf '%s' "$platforms" | LC_ALL=C sort | uniq -c |
			awk -v minute="$minute" '{ printf "%s %6d %s\n", minute, $1, $2 }'
	}
	while read -r now platform; do
		if [[ $now > $minute ]]; then
			show
			minute=$now platforms=''
		fi
		platforms+=${platform:+$platform$'\n'}
	done
	show
}
