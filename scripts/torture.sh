#!/usr/bin/env bash
# Has every system call of restail fail, one in each run: a live chat with two cuts
# that is recorded, the refresh of a token, the filling of a gap, the replay of a
# gzipped recording. Takes about three minutes; scripts/test.sh runs a part of it. Needs
# Linux 5.19 or later on amd64, but no rights.
#
#   scripts/torture.sh [-scenario NAME] [-every N] [-parallel N] [-v]
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export GOFLAGS=-buildvcs=false CGO_ENABLED=0
go build -o "$work/restail" .
go build -o "$work/torture" ./scripts/torture
TMPDIR=$work "$work/torture" -restail "$work/restail" "$@"
