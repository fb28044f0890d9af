#!/usr/bin/env bash
# Rewrites every golden file, the README's transcripts and tables, and its
# picture. Read the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u | while read -r package; do
	go test "$package" -update
done
git --no-pager diff --stat
