#!/usr/bin/env bash
# Writes super chats and super stickers as CSV.
#
#   scripts/recipes/superchats.sh demo --speed max
#   scripts/recipes/superchats.sh >> superchats.csv
#
# The heading is written to an empty file only. An apostrophe is put before
# everything that a spreadsheet would read as a formula: = + - @, full-width or
# not, at the start of a cell or after a ; or tab, which separate cells in some
# countries.
set -euo pipefail

[ -s /dev/stdout ] || echo 'time,platform,author,amount,currency,text'
exec restail "$@" -o text -a event -f '
	select(.amount)
	| [.time, .platform, .author, .amount, .currency, .text]
	| map(. // "" | gsub("(?<start>(^|[;\\t\\r\\n])[\\s\\p{Z}\\p{C}\"]*)(?<sign>[-=+@＝＋－＠﹦﹢﹣﹫−])"; .start + "\u0027" + .sign))
	| @csv'
