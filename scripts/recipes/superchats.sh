#!/usr/bin/env bash
# Writes everything that was paid for, super chats and stickers, as CSV.
#
#   scripts/recipes/superchats.sh demo --speed max
#   scripts/recipes/superchats.sh >> superchats.csv
#
# A file that is not empty gets no second heading. Cells that a spreadsheet
# would take for a formula begin with an apostrophe.
set -euo pipefail

[ -s /dev/stdout ] || echo 'time,platform,author,amount,currency,text'
exec restail "$@" -o text -a event -f '
	select(.amount)
	| [.time, .platform, .author, .amount, .currency, .text]
	| map(. // "" | if test("^[-=+@\\t\\r]") then "\u0027" + . else . end)
	| @csv'
