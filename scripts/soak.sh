#!/usr/bin/env bash
# Breaks the links of a few restails ten thousand times, in many ways, and compares
# what they write with the log of what was sent. Takes ten to twenty minutes and is not
# part of scripts/test.sh. Needs Linux.
#
#   scripts/soak.sh [-peer NAME] [-faults N] [-clients N] [-seed N] [-only REGEXP] [-backfill]
#
# The peer is the server that answers the handshakes and writes the frames:
#
#   ws           on Node
#   websockets   on Python
#   nginx        with TLS, in front of ws: then nothing counts as received that no
#                answered ping proves
#   serve        restail serve, which plays a recording
#
# Without one soak does it itself. The faults are always soak's. For what the peers
# need, see scripts/peers.sh.
#
# With -backfill the restails fill gaps from a chat history, and every message must be
# written once. Use fewer faults then, such as -faults 1000 -clients 4: each gap costs
# some requests.
#
# RESTAIL names another program to test. RACE=1 tests with the race detector and then
# does not check memory.
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

# begin SERVER…: starts a server, which prints its address.
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
		begin node scripts/peers/chaos.mjs "$work/node/node_modules"
		[ "$2" = ws ] || start_nginx
		;;
	websockets) begin "$python" scripts/peers/chaos.py ;;
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
	echo "serve, whose clients have all left, has $files open files"
	[ "$files" -lt 20 ]
fi
