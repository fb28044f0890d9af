#!/usr/bin/env bash
# Keeps the chat of each broadcast in a file of its own: BROADCAST.ndjson.
#
#   FOLDER=/tmp/chats scripts/recipes/per-broadcast.sh demo --speed max
#   FOLDER=~/chats scripts/recipes/per-broadcast.sh
#
# What is not a letter, a digit, - or _ in the broadcast's id becomes _, and so
# does a - at its start: no id is a path, and none is a flag of what is run on
# the files later.
set -euo pipefail

folder=${FOLDER:-.}
mkdir -p -- "$folder"
# Two lines a record: the name of its file, and the record.
restail "$@" -o ndjson -a event,reply_created \
	-f '(.broadcast_id // "unknown" | gsub("^-|[^\\w-]"; "_")[:64]), true' |
	while IFS= read -r name && IFS= read -r record; do
		printf '%s\n' "$record" >>"$folder/${name//\"/}.ndjson"
	done
