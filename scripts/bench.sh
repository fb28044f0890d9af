#!/usr/bin/env bash
# Measures restail beside a bare copy of the same frames, the obvious client, and
# wscat and jq where they are on the PATH, and prints a table. Everything is local.
#
#   scripts/bench.sh [-rounds N] [GROUP…]
#
# The groups are speed, replay, latency, lost and memory. All of them take a few
# minutes. Figures mean something only on a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
go build -trimpath -ldflags='-s -w' -o "$work/restail" .
go build -o "$work/bench" ./scripts/bench
"$work/bench" -restail "$work/restail" "$@"
