#!/usr/bin/env bash
# Measures restail beside a bare copy of the same frames, the obvious client
# and the peers that are installed, and prints a table. Everything is local.
#
#   scripts/bench.sh [-rounds N] [GROUP…]
#
# The groups are throughput, replay, latency, lost, growth, start and many;
# without one, all are measured, in a few minutes. Figures mean something only
# on a machine that does nothing else: sender, reader and decoder each want a
# core. Peers: wscat and jq on the PATH, pyrestream for python3.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export CGO_ENABLED=0
go build -trimpath -ldflags='-s -w' -o "$work/restail" .
go build -o "$work/bench" ./scripts/bench
GOEXPERIMENT=jsonv2 go build -o "$work/check" ./scripts/bench
printf 'package main\n\nfunc main() {}\n' >"$work/empty.go"
go build -trimpath -ldflags='-s -w' -o "$work/empty" "$work/empty.go"

"$work/bench" -restail "$work/restail" -check "$work/check" -empty "$work/empty" "$@"
