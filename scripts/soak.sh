#!/usr/bin/env bash
# Breaks the links of a few restails ten thousand times, in many ways, and compares
# what they write with the log of what was sent. Takes about ten minutes and is not
# part of scripts/test.sh. Needs Linux.
#
#   scripts/soak.sh [-faults N] [-clients N] [-seed N] [-only REGEXP] [-backfill]
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
trap 'rm -rf "$work"' EXIT

export GOFLAGS=-buildvcs=false
if [ -z "${RESTAIL:-}" ]; then
	RESTAIL=$work/restail
	go build ${RACE:+-race} -o "$RESTAIL" .
fi
go build -o "$work/soak" ./scripts/soak
"$work/soak" -restail "$RESTAIL" ${RACE:+-any-memory} "$@"
