#!/usr/bin/env bash
# Runs restail against two WebSocket servers that are not ours: ws on Node and
# websockets on Python, with compression and without, fragmented messages and pings.
# What restail writes with -o raw must be what was sent, byte for byte. Needs
# node and npm, which fetches ws, and Python with websockets (Debian's
# python3-websockets); PYTHON names another interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

ws_version=8.23.0
python=${PYTHON:-/usr/bin/python3}

work=$(mktemp -d)
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

# The show, ten times over, and an action of 300 kB.
go build -o "$work/restail" .
"$work/restail" demo --speed=max -q -o raw -a all >"$work/show"
for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$work/show"; done >"$work/actions"
printf '{"action":"event","payload":{"eventPayload":{"text":"%0300000d"}},"timestamp":1740152273}\n' 0 >>"$work/actions"

fail() {
	printf 'peers: %s\n' "$*" >&2
	exit 1
}

# start SERVER...: runs it and waits for its address.
start() {
	: >"$work/log"
	"$@" "$work/actions" >"$work/log" 2>&1 &
	server=$!
	for _ in $(seq 100); do
		address=$(grep -m1 -o '^ws://.*' "$work/log") && return
		sleep 0.1
	done
	fail "the server does not start: $(cat "$work/log")"
}

# follow TOKEN PATH FLAGS...: runs restail; its exit status is in $status.
follow() {
	local token=$1 path=$2
	shift 2
	status=0
	RESTREAM_ACCESS_TOKEN=$token RESTAIL_URL=$address/$path \
		timeout 60 "$work/restail" -o raw -a all "$@" >"$work/out" 2>"$work/err" || status=$?
}

# check NAME SERVER...: with messages that are deflated, and with plain ones.
check() {
	local name=$1 kind
	shift
	for kind in deflated plain; do
		printf '\n== %s, %s\n' "$name" "$kind"
		converse "$kind" "$@"
	done
}

# converse KIND SERVER...: everything that a client does with one server.
converse() {
	local kind=$1
	shift
	start "$@" "$kind"

	follow right ws --no-reconnect
	[ "$status" = 4 ] || fail "status $status after the server's close frame: $(cat "$work/err")"
	cmp "$work/actions" "$work/out" || fail "what came out is not what was sent"
	printf 'all actions, then a close frame: %d lines, byte for byte; status %d\n' "$(wc -l <"$work/out")" "$status"

	follow right stay -n "$(wc -l <"$work/actions")"
	[ "$status" = 0 ] || fail "status $status with -n: $(cat "$work/err")"
	cmp "$work/actions" "$work/out" || fail "what came out with -n is not what was sent"
	printf 'with -n, leaving first: status %d\n' "$status"

	follow wrong ws
	[ "$status" = 3 ] || fail "status $status with a wrong token: $(cat "$work/err")"
	grep -q 401 "$work/err" || fail "no word about the refused token: $(cat "$work/err")"
	printf 'a wrong token: status %d, %s\n' "$status" "$(tail -n1 "$work/err")"

	sleep 0.5
	kill "$server"
	wait "$server" 2>/dev/null || true
	server=
	grep -v '^ws://' "$work/log" | sed 's/^/the server: /'
	# Who leaves first may leave a ping behind that was on its way.
	[ "$(grep -c "$kind; .*; closed with 1000" "$work/log")" = 2 ] &&
		grep -q '; \([0-9]*\) pings, \1 answered; closed with 1000' "$work/log" ||
		fail "the server was not content"
}

npm install --silent --no-save --prefix "$work/node" "ws@$ws_version"
node_server() { node scripts/peers/on_ws.mjs "$1" "$2" "$work/node/node_modules"; }
check "ws $ws_version on Node $(node --version)" node_server
check "websockets $("$python" -c 'import websockets; print(websockets.__version__)') on $("$python" --version)" "$python" scripts/peers/on_websockets.py
