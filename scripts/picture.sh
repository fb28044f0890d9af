#!/usr/bin/env bash
# Draws scripts/demo.svg, the picture of the text format in the README, from
# the built-in show. It is the same everywhere.
set -euo pipefail
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"
cd "$(dirname "$0")/.."

picture=$(go run ./scripts/picture)
printf '%s\n' "$picture" >scripts/demo.svg
