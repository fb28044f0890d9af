#!/usr/bin/env bash
# Runs restail against two WebSocket servers that others have written: ws on Node and
# websockets on Python. They fragment messages, ping, refuse handshakes, and drop the
# connection between messages and within one. What restail writes with -o raw must be what
# was sent, byte for byte. Needs node and npm, which fetches ws, and Python with websockets
# (Debian's python3-websockets); PYTHON names another interpreter. Where nginx and openssl
# are installed, the chat also comes through nginx, over TLS.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
. scripts/peers/servers.sh
server= client= proxy=
finish() {
	[ -z "$client" ] || kill -KILL "$client" 2>/dev/null || true
	[ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

# The actions to send: those of restail demo, ten times, then one of 300 kB. A heartbeat
# follows because restail -n leaves after the last action and need not answer a ping that
# comes after it.
GOFLAGS=-buildvcs=false go build -o "$work/restail" .
"$work/restail" demo --speed=max -q -o raw -a all | sed '/^{"restail":/d' >"$work/show"
for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$work/show"; done >"$work/actions"
printf '{"action":"event","payload":{"eventPayload":{"text":"%0300000d"}},"timestamp":1740152273}\n' 0 >>"$work/actions"
printf '{"action":"heartbeat","payload":{},"timestamp":1740152273}\n' >>"$work/actions"
all=$(wc -l <"$work/actions")

fail() {
	printf 'peers: %s\n' "$*" >&2
	exit 1
}

# await WORD: waits until the server has written that at the beginning of a line, and
# prints the line.
await() {
	for _ in $(seq 100); do
		grep -m1 "^$1" "$work/log" && return
		sleep 0.1
	done
	fail "the server has not written $1: $(cat "$work/log")"
}

# follow TOKEN PATH FLAGS…: starts restail in the background.
follow() {
	local token=$1 path=$2
	shift 2
	RESTREAM_ACCESS_TOKEN=$token RESTAIL_URL=$address/$path \
		"$work/restail" -o raw -a all "$@" >"$work/out" 2>"$work/err" &
	client=$!
}

# check NAME STATUS LINES: waits for the restail in the background. It must end with that
# exit status and have written the first LINES actions.
check() {
	local status=0
	wait "$client" || status=$?
	client=
	[ "$status" = "$2" ] || fail "$1: status $status instead of $2: $(cat "$work/err")"
	head -n "$3" "$work/actions" >"$work/want"
	sed '/^{"restail":/d' "$work/out" | cmp "$work/want" - ||
		fail "$1: what came out is not what was sent: $(tail -n1 "$work/err")"
	printf '%-55s %5d lines, status %d: %s\n' "$1" "$3" "$status" "$(tail -n1 "$work/err")"
}

# stopped PATH: stops restail (SIGSTOP), has the server send all that PATH says and drop
# the connection, and lets restail go on.
stopped() {
	: >"$work/log"
	follow right "$1" --no-reconnect
	await waiting >"$work/word"
	kill -STOP "$client"
	kill -USR2 "$server"
	await ended >"$work/word"
	kill -CONT "$client"
}

# begin NAME SERVER…: starts a server, waits until it listens, and sets $address.
begin() {
	printf '\n== %s\n' "$1"
	shift
	: >"$work/log"
	# The server appends, since the log is emptied now and then.
	"$@" >>"$work/log" 2>&1 &
	server=$!
	address=$(await ws:)
}

# end: stops the server.
end() {
	kill "$server"
	wait "$server" 2>/dev/null || true
	server=
}

# check_closes: the server or restail closes the connection, or the server refuses it.
check_closes() {
	follow right all --no-reconnect
	check "all actions with pings, then a close frame" 4 "$all"
	follow right stay -n "$all"
	check "all actions, restail leaves first" 0 "$all"
	for path in all stay; do
		await "$path: \([0-9]*\) pings, \1 answered; closed with 1000" >"$work/word"
	done
	follow wrong all
	check "a wrong token" 3 0
	follow right refuse
	check "close 1008 before any action" 3 0
	follow right policy --no-reconnect
	check "close 1008 after ten actions" 4 10
}

# check_drops: the server drops the connection while restail is stopped.
check_drops() {
	stopped terminate
	check "stopped: unanswered pings, then dropped" 4 60
	stopped goodbye
	check "stopped: unanswered pings, close 1001, then dropped" 4 80
	stopped half
	check "stopped: a fragment, then dropped" 4 20
}

# use_tls: puts nginx in front of the server, and sets $address to that of nginx.
use_tls() {
	start_nginx || fail "no chat over TLS"
	address=wss${front#https}/${address##*:}
}

install_ws
ws=(node scripts/peers/peers_ws.mjs "$work/actions" "$work/node/node_modules")
websockets=("$python" scripts/peers/peers_websockets.py "$work/actions")

begin "ws $ws_version on Node $(node --version)" "${ws[@]}"
check_closes
check_drops
end
begin "websockets $("$python" -c 'import websockets; print(websockets.__version__)') on $("$python" --version)" "${websockets[@]}"
check_closes
check_drops
end

if ! command -v nginx >/dev/null || ! command -v openssl >/dev/null; then
	printf '\nnginx or openssl is not installed: no chat over TLS\n'
	exit
fi
begin "ws behind $(nginx -v 2>&1 | sed 's/.*: //'), over TLS" "${ws[@]}"
use_tls
check_closes
end
