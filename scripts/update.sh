#!/usr/bin/env bash
# Rewrites every golden file, the reference, and the transcripts, the tables and the
# picture of the README. Read the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")/.."

export GOFLAGS=-buildvcs=false
grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u | while read -r package; do
	go test "$package" -update
done
scripts/picture.sh
git --no-pager diff --stat
