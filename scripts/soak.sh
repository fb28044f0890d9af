#!/usr/bin/env bash
# Breaks the links of some restails ten thousand times, in every way that it knows,
# and compares what they write with the log of what was sent. Takes some ten minutes
# and is not part of scripts/test.sh. Needs Linux.
#
#   scripts/soak.sh [-faults N] [-clients N] [-seed N] [-only REGEXP]
#
# RESTAIL names another program to test. RACE=1 tests with the race detector, and
# does not judge memory then.
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
