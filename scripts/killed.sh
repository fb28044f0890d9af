#!/usr/bin/env bash
# Kills a restail that records two hundred times (kill -9) and interrupts it fifty
# times (Ctrl-C), at random moments, and compares the recordings with what stdout got.
# Takes two to three minutes and is not part of scripts/test.sh. The recordings are
# below TMPDIR: let that be on a real disk. Needs Linux.
#
#   scripts/killed.sh [KILLS [INTERRUPTS]]
#
# After kill -9, what stdout got more than a second before must be in the recording.
# The next run must begin on a new line, and state a gap that is at least as long as
# the time between the two runs. After Ctrl-C nothing may be missing.
set -euo pipefail
cd "$(dirname "$0")/.."

kills=${1:-200} interrupts=${2:-50} workers=4

work=$(mktemp -d)
server=
finish() {
	[ -z "$server" ] || kill "$server" || true
	rm -rf "$work"
}
trap finish EXIT

GOFLAGS=-buildvcs=false go build -o "$work/restail" .
"$work/restail" serve -q --loop --speed=20 >"$work/address" &
server=$!
until [ -s "$work/address" ]; do sleep 0.1; done
eval "$(head -n 1 "$work/address")"
export RESTREAM_ACCESS_TOKEN=any HOME=/nonexistent

now() { date +%s%3N; } # in milliseconds

fail() {
	printf 'killed: %s: %s\n' "${file##*/}" "$*" >&2
	exit 1
}

# text: prints the recording as far as it can be read.
text() {
	case $file in
	*.gz) gzip -dc "$file" 2>/dev/null || true ;;
	*) cat "$file" ;;
	esac
}

# record SIGNAL: records until the signal comes at a random moment, and compares what
# the recording has then with what it had before, and with stdout.
record() {
	local signal=$1 began process certain length status=0
	: >>"$file.state"
	began=$(now)
	# A shell starts what is in the background with SIGINT ignored.
	env --default-signal=INT "$work/restail" -q -o raw -a all -w "$file" --state "$file.state" >"$file.out" 2>"$file.err" &
	process=$!
	sleep "$((RANDOM % 2)).$((RANDOM % 900 + 100))"
	certain=$(wc -c <"$file.out")
	[ "$signal" = INT ] || sleep 1
	kill -"$signal" "$process"
	wait "$process" 2>/dev/null || status=$?

	[ -e "$file" ] || return 0 # the signal was early
	text >"$file.text"
	length=$(wc -c <"$file.before")
	cmp -n "$length" "$file.before" "$file.text" || fail "what it had before has changed"
	tail -c "+$((length + 1))" "$file.text" >"$file.new"
	if [ -n "$(tail -c 1 "$file.before")" ] && [ -s "$file.new" ]; then # the last line was cut
		[ -z "$(head -c 1 "$file.new")" ] || fail "a run does not begin on a new line"
		sed -i 1d "$file.new"
	fi
	if [ "$signal" = INT ]; then
		cmp "$file.out" "$file.new" || fail "it is not what stdout got"
		[ "$status" = 130 ] || [ ! -s "$file.out" ] || fail "status $status: $(cat "$file.err")"
	else
		[ "$(wc -c <"$file.new")" -ge "$certain" ] || fail "more than the last second is missing"
		cmp "$file.out" "$file.new" >"$file.cmp" 2>&1 || grep -q EOF "$file.cmp" || fail "it is not what stdout got"
	fi
	check_gap "$began"
	ended=$(now)
	mv "$file.text" "$file.before"
}

# check_gap BEGAN: checks the gap that a run states which began then.
check_gap() {
	local first gap
	[ "$(wc -l <"$file.new")" -gt 0 ] || return 0
	first=$(head -n 1 "$file.new")
	case $first in
	'{"restail":"link",'*'"status":"connected"'*) ups=$((ups + 1)) ;;
	*) fail "a run begins with $first" ;;
	esac
	[ "$ups" -gt 1 ] || return 0
	gap=$(sed -n 's/.*"gap_seconds":\([0-9.]*\).*/\1/p' <<<"$first")
	awk -v gap="$gap" -v least="$(($1 - ended))" 'BEGIN { exit !(gap != "" && gap * 1000 >= least) }' ||
		fail "the gap was at least $(($1 - ended)) ms: $first"
}

# work FILE: kills and interrupts one restail after the other, all of which record to
# one file.
work() {
	local file=$1 ups=0 ended=0 signal
	: >"$file.before"
	for signal in $(yes KILL | head -n $((kills / workers)); yes INT | head -n $((interrupts / workers))); do
		echo "$signal"
	done | shuf >"$file.signals"
	echo INT >>"$file.signals"
	while read -r signal; do
		record "$signal"
	done <"$file.signals"
	"$work/restail" replay -q "$file" >"$file.replayed" || fail "it cannot be replayed"
	"$work/restail" check -o ndjson "$file" >"$file.report" || true # status 1: there are gaps
	case $(cat "$file.report") in
	*"\"gaps\":$((ups - 1)),"*'"unrecorded":0,'*'"cut":false'*) ;;
	*) fail "check says $(cat "$file.report"), and $ups runs have recorded a handshake" ;;
	esac
	printf '%s: %d runs, %d lines, %d gaps\n' "${file##*/}" "$(wc -l <"$file.signals")" "$(wc -l <"$file.before")" $((ups - 1))
}

pids=()
for n in $(seq "$workers"); do
	suffix=.gz
	[ $((n % 2)) = 0 ] || suffix=
	work "$work/$n.raw$suffix" &
	pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
