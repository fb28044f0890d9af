#!/usr/bin/env bash
# Breaks the link of one restail thousands of times, in every way there is, and
# counts what got lost. Takes about two minutes and is not part of the tests.
#
#   scripts/soak.sh [-cuts N] [-seed N]
#
# RACE=1 runs it with the race detector, where memory means nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go build ${RACE:+-race} -o "$work/restail" .
go build -o "$work/soak" ./scripts/soak
"$work/soak" -restail "$work/restail" ${RACE:+-any-memory} "$@"
