#!/usr/bin/env bash
# Stores the chat in a SQLite database, chat.db, while it runs.
#
#   DB=/tmp/chat.db scripts/recipes/sqlite.sh demo
#   sqlite3 /tmp/chat.db 'SELECT platform, count(*) FROM chat GROUP BY platform'
#
# DB is chat.db by default, for demo too. Each record is stored at most a second
# late. The table records has the records as they are; the
# view chat has the columns that are used most. Records are imported and are never
# part of an SQL statement.
set -euo pipefail

command -v sqlite3 >/dev/null || {
	echo 'sqlite.sh: sqlite3 is not installed' >&2
	exit 127
}
db=${DB:-chat.db}
sqlite3 -cmd '.timeout 10000' "$db" <<'SQL'
CREATE TABLE IF NOT EXISTS records (record TEXT);
CREATE VIEW IF NOT EXISTS chat AS SELECT
  json_extract(record, '$.time') AS time, json_extract(record, '$.platform') AS platform,
  json_extract(record, '$.type') AS type, json_extract(record, '$.author') AS author,
  json_extract(record, '$.text') AS text, json_extract(record, '$.amount') AS amount
  FROM records WHERE json_extract(record, '$.action') = 'event';
SQL
restail "$@" -o ndjson | {
	trap '' INT # what came before Ctrl-C is kept
	begun= # the beginning of a line whose rest had not come in time
	while IFS= read -r record; do
		batch=$begun$record$'\n' begun= end=$((SECONDS + 1))
		while [ "$SECONDS" -lt "$end" ]; do
			IFS= read -r -t 1 record || { begun=$record; break; }
			batch+=$record$'\n'
		done
		printf '%s' "$batch" | sqlite3 -cmd '.timeout 10000' "$db" '.mode ascii' '.separator "\037" "\n"' '.import /dev/stdin records'
	done
}
