#!/usr/bin/env bash
# Appends every record to a Redis stream, whose newest LIMIT (100000) stay.
#
#   scripts/recipes/redis.sh demo --speed max
#   STREAM=chat:lotte scripts/recipes/redis.sh
#   HOST=broker REDISCLI_AUTH=… scripts/recipes/redis.sh
#
# Commands are sent in the wire's own form, each word after its length, so that
# there is nothing to quote.
set -euo pipefail
export LC_ALL=C # lengths are in bytes

send() {
	printf '*%d\r\n' "$#"
	for word; do
		printf '$%d\r\n%s\r\n' "${#word}" "$word"
	done
}
restail "$@" -o ndjson |
	while IFS= read -r record; do
		send XADD "${STREAM:-restail}" MAXLEN '~' "${LIMIT:-100000}" '*' record "$record"
	done | redis-cli -h "${HOST:-127.0.0.1}" -p "${PORT:-6379}" --pipe || {
	status=$? # redis-cli says nothing when the server goes away
	echo "redis.sh: ended with status $status" >&2
	exit "$status"
}
