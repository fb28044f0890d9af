#!/usr/bin/env bash
# Shows a desktop notification for super chats, subscriptions and memberships.
#
#   scripts/recipes/notify.sh demo
#   scripts/recipes/notify.sh -p youtube
#
# Needs notify-send (libnotify). Text is shown as text: no markup, no escapes.
set -uo pipefail

command -v notify-send >/dev/null || {
	echo 'notify.sh: notify-send is not installed: it is part of libnotify' >&2
	exit 127
}
# Two lines a notification: its title and its body.
restail "$@" -o text -a event -f '
	select(.type | IN("text", "emoji", "sticker", "unknown") | not)
	| ([.author, (.type | gsub("_"; " ")), .amount, .currency | values | select(. != "")] | join(" ")),
	  (.text | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;"))' | {
	trap '' INT # what came before Ctrl-C is kept
	while IFS= read -r title && IFS= read -r body; do
		notify-send --app-name=restail -- "$title" "${body//\\/\\\\}" </dev/null
	done
}
