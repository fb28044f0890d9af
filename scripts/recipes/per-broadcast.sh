#!/usr/bin/env bash
# Stores the chat of each broadcast in its own file, BROADCAST.ndjson.
#
#   FOLDER=/tmp/chats scripts/recipes/per-broadcast.sh demo --speed max
#   FOLDER=~/chats scripts/recipes/per-broadcast.sh
#
# FOLDER is the current folder by default. In the file names, every character of
# the id but letters, digits, - and _ is replaced by _, and so is a - at the
# start. An id can then be neither a path nor the flag of another program.
set -euo pipefail

folder=${FOLDER:-.}
mkdir -p -- "$folder"
# Two lines a record: the name of its file, and the record.
restail "$@" -o ndjson -a event,reply_created \
	-f '(.broadcast_id // "unknown" | gsub("^-|[^\\w-]"; "_")[:64]), true' | {
	trap '' INT # what came before Ctrl-C is kept
	while IFS= read -r name && IFS= read -r record; do
		printf '%s\n' "$record" >>"$folder/${name//\"/}.ndjson"
	done
}
