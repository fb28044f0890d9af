#!/usr/bin/env bash
# Appends every record to a Redis stream and keeps the newest LIMIT (100000).
#
#   scripts/recipes/redis.sh demo --speed max
#   STREAM=chat:lotte scripts/recipes/redis.sh
#   HOST=broker REDISCLI_AUTH=… scripts/recipes/redis.sh
#
# STREAM is restail by default, HOST 127.0.0.1, PORT 6379. Records are sent in
# batches, at most two seconds late. While the server is down, they wait here and
# in restail's --buffer, and the failed batch is sent again every second: a record
# can arrive twice, but none is lost. After Ctrl-C it tries three more times. To
# keep it running, start it from a supervisor such as systemd (Restart=always).
#
# Commands are sent in the Redis protocol, each word after its length, so that
# nothing has to be quoted.
set -euo pipefail
export LC_ALL=C # lengths are in bytes

command -v redis-cli >/dev/null || {
	echo 'redis.sh: redis-cli is not installed' >&2
	exit 127
}

# add WORD... appends a command to the batch.
add() {
	local part word
	printf -v part '*%d\r\n' "$#"
	batch+=$part
	for word; do
		printf -v part '$%d\r\n%s\r\n' "${#word}" "$word"
		batch+=$part
	done
}

# send sends the batch until the server has taken it.
send() {
	local failed=0 last=0
	until printf '%s' "$batch" | (
		trap '' INT # Ctrl-C cuts no batch
		[ "$failed" -eq 0 ] || exec 2>/dev/null # it said why
		exec redis-cli -h "${HOST:-127.0.0.1}" -p "${PORT:-6379}" --pipe >/dev/null
	); do
		failed=$((failed + 1))
		[ "$failed" -gt 1 ] || echo 'redis.sh: the server does not take the records, trying again' >&2
		[ -z "$ending" ] || last=$((last + 1))
		if [ "$last" -gt 3 ]; then
			echo 'redis.sh: the last records are lost' >&2
			exit 1
		fi
		sleep 1 || true
	done
	[ "$failed" -eq 0 ] || echo 'redis.sh: the server takes the records again' >&2
}

restail "$@" -o ndjson | {
	ending=
	trap 'ending=yes' INT TERM
	begun= # the beginning of a line whose rest had not come in time
	while IFS= read -r record; do
		batch= end=$((SECONDS + 1))
		add XADD "${STREAM:-restail}" MAXLEN '~' "${LIMIT:-100000}" '*' record "$begun$record"
		begun=
		while [ "$SECONDS" -lt "$end" ] && [ "${#batch}" -lt 1000000 ]; do
			IFS= read -r -t 1 record || { begun=$record; break; }
			add XADD "${STREAM:-restail}" MAXLEN '~' "${LIMIT:-100000}" '*' record "$record"
		done
		send
	done
}
