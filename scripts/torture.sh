#!/usr/bin/env bash
# Runs restail thousands of times, and makes another one of its system calls fail in each
# run. The scenarios: a live chat that is recorded and whose connection breaks twice, the
# refresh of a token, the filling of a gap, the replay of a gzipped recording. Takes about
# three minutes; scripts/test.sh runs a part of it. Needs Linux 5.19 or later on amd64, and
# no privileges.
#
#   scripts/torture.sh [-scenario NAME] [-every N] [-parallel N] [-v]
#
# -every N tries only every Nth system call. -v prints how each run ended.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export GOFLAGS=-buildvcs=false CGO_ENABLED=0
go build -o "$work/restail" .
go build -o "$work/torture" ./scripts/torture
TMPDIR=$work "$work/torture" -restail "$work/restail" "$@"
