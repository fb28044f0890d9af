#!/usr/bin/env bash
# Writes everything that was paid for, super chats and stickers, as CSV.
#
#   scripts/recipes/superchats.sh demo --speed max
#   scripts/recipes/superchats.sh >> superchats.csv
#
# A file that is not empty gets no second heading. An apostrophe stands before
# what a spreadsheet would take for a formula: = + - @, full-width or not, at
# the start of a cell or behind a ; or tab, which end a cell in some countries.
set -euo pipefail

[ -s /dev/stdout ] || echo 'time,platform,author,amount,currency,text'
exec restail "$@" -o text -a event -f '
	select(.amount)
	| [.time, .platform, .author, .amount, .currency, .text]
	| map(. // "" | gsub("(?<start>(^|[;\\t\\r\\n])[\\s\\p{Z}\\p{C}\"]*)(?<sign>[-=+@＝＋－＠﹦﹢﹣﹫−])"; .start + "\u0027" + .sign))
	| @csv'
