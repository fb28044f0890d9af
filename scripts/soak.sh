#!/usr/bin/env bash
# Runs a few restails at once, breaks their connections ten thousand times, in many ways,
# and compares what they write with the log of what was sent. Takes ten to twenty minutes
# and is not part of scripts/test.sh. Needs Linux.
#
#   scripts/soak.sh [-peer NAME] [-faults N] [-clients N] [-seed N] [-only REGEXP] [-backfill]
#
# -faults is how often to break a connection, -clients how many restails to run. -only
# chooses faults by their names.
#
# -peer, which must come first, chooses the server that answers the handshakes and writes
# the frames; without it that is the soak program itself. The soak program always injects
# the faults.
#
#   ws           the WebSocket library ws, on Node
#   websockets   the WebSocket library websockets, on Python
#   nginx        ws behind nginx, over TLS; an action counts as received only if restail
#                answered a later ping
#   serve        restail serve, which plays a recording
#
# scripts/peers.sh says what must be installed for them.
#
# With -backfill the restails fill gaps from a chat history, and every message must be
# written exactly once. Use fewer faults then, such as -faults 1000 -clients 4, since
# each gap takes some requests.
#
# RESTAIL names the program to test instead of this repository's. RACE=1 builds it with
# the race detector, and memory is not checked then.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server= proxy=
finish() {
	[ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
. scripts/peers/servers.sh

export GOFLAGS=-buildvcs=false
if [ -z "${RESTAIL:-}" ]; then
	RESTAIL=$work/restail
	go build ${RACE:+-race} -o "$RESTAIL" .
fi
go build -o "$work/soak" ./scripts/soak

# begin SERVER…: starts a server, waits until it prints its address, and sets $peer to that.
begin() {
	"$@" >"$work/address" &
	server=$!
	until grep -qs 127 "$work/address"; do
		kill -0 "$server"
		sleep 0.1
	done
	peer=$(grep -m1 -o '127[0-9.:]*' "$work/address")
}

peer= plays=
if [ "${1:-}" = -peer ]; then
	case ${2:-} in
	ws | nginx)
		install_ws
		begin node scripts/peers/soak_ws.mjs "$work/node/node_modules"
		[ "$2" = ws ] || start_nginx
		;;
	websockets) begin "$python" scripts/peers/soak_websockets.py ;;
	serve)
		plays=-plays
		"$work/soak" -print-show >"$work/show.raw"
		begin "$RESTAIL" serve -q --loop --speed=max "$work/show.raw"
		;;
	*)
		echo "soak.sh: unknown peer: ${2:-}" >&2
		exit 2
		;;
	esac
	shift 2
fi
"$work/soak" -restail "$RESTAIL" -peer "$peer" -front "${front:-}" $plays ${RACE:+-any-memory} "$@"

if [ -n "$plays" ]; then
	sleep 1
	files=$(find "/proc/$server/fd" -mindepth 1 | wc -l)
	echo "restail serve has $files open files after all clients left"
	[ "$files" -lt 20 ]
fi
