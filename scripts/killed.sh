#!/usr/bin/env bash
# Kills a restail that records two hundred times (kill -9) and interrupts it fifty
# times (Ctrl-C), at random moments, and compares the recordings with what stdout
# got. Takes about a minute and is not part of scripts/test.sh. The recordings are
# below TMPDIR: let that be on a real disk.
#
#   scripts/killed.sh [-kills N] [-interrupts N] [-workers N]
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export GOFLAGS=-buildvcs=false
go build -o "$work/restail" .
go build -o "$work/killed" ./scripts/killed
"$work/killed" -restail "$work/restail" -folder "$work" "$@"
