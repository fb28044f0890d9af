#!/usr/bin/env bash
# Draws scripts/demo.svg, the picture of the text format in the README, from the
# built-in show. It is the same everywhere.
set -euo pipefail
cd "$(dirname "$0")/.."

picture=$(GOFLAGS=-buildvcs=false go run ./scripts/picture)
printf '%s\n' "$picture" >scripts/demo.svg
