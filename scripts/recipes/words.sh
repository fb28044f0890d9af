#!/usr/bin/env bash
# Counts the words of the chat and shows the most frequent ones at the end.
#
#   scripts/recipes/words.sh demo --speed max
#   scripts/recipes/words.sh -t 10m
#
# Ctrl-C ends it too. TOP is the number of words to show (20), LETTERS the least
# number of letters in a word (4).
set -euo pipefail

restail "$@" -o text -a event -f '
	select(.type == "text" and (.is_bot | not))
	| .text | ascii_downcase | scan("\\p{L}[\\p{L}\\p{M}\u0027\u2019]*")
	| select(length >= (env.LETTERS // "4" | tonumber))' | (
	trap '' INT
	export LC_ALL=C
	sort | uniq -c | sort -k1,1nr -k2 | awk -v top="${TOP:-20}" 'NR <= top'
)
