#!/usr/bin/env bash
# Builds a release from the commit that is checked out, into dist/: archives
# for Linux, macOS and Windows, packages for Debian, and SHA256SUMS.
#
#   scripts/release.sh 1.2.3
#
# The same commit gives the same bytes on every machine, and so the Go that
# builds it is named here; Go gets that version if it is another one.
set -euo pipefail
cd "$(dirname "$0")/.."

export GOTOOLCHAIN=go1.26.8 GOFLAGS=-buildvcs=false
exec go run ./scripts/release "$@"
