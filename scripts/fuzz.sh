#!/usr/bin/env bash
# Runs every fuzz target of the repository.
#
#   scripts/fuzz.sh [INPUTS]
#
# INPUTS is the number of inputs for the fastest targets, 40000 by default. A slower target
# gets a part of it, so that all take about the same time. With 11200000 all targets
# together get a hundred million inputs, in about two hours on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

inputs=${1:-40000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"

# Each target is limited by a number of inputs. With a limit in seconds, Go 1.26 sometimes
# fails with "context deadline exceeded" when the time is up (go.dev/issue/75804). All
# targets of a package share one test binary, which runs in the package's folder.
cache=$(go env GOCACHE)/fuzz
total=0 targets=0
while read -r package dir; do
	names=$({ grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go || true; } | awk '{print $2}')
	[ -n "$names" ] || continue
	go test -vet=off -fuzz . -c -o "$work/fuzz.test" "$package"
	for name in $names; do
		# One input of the target takes about as long as this many of the fastest targets.
		case $name in
		FuzzScan | FuzzParseOwn | FuzzRaw | FuzzAppend | FuzzDecode | FuzzValue | FuzzNDJSON) slowness=1 ;;
		FuzzProgram | FuzzStamp | FuzzAnswer | FuzzEdge | FuzzToken) slowness=4 ;;
		FuzzState | FuzzStore | FuzzConfig | FuzzRepair) slowness=160 ;; # these write a file for each input
		*) slowness=14 ;;
		esac
		printf '%s %s ' "$package" "$name"
		if ! (cd "$dir" && "$work/fuzz.test" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "$((inputs / slowness))x" \
			-test.fuzzminimizetime 100x -test.fuzzcachedir "$cache/$package") </dev/null >"$work/output" 2>&1; then
			echo
			cat "$work/output"
			exit 1
		fi
		grep '^fuzz: elapsed' "$work/output" | tail -n 1 | cut -d ' ' -f 2-
		# A run can end while it still replays the inputs that earlier runs have kept.
		runs=$({ grep -o 'execs: [0-9]*' "$work/output" || true; } | tail -n 1 | cut -d ' ' -f 2)
		total=$((total + ${runs:-0})) targets=$((targets + 1))
	done
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./...)
echo "$total inputs of $targets targets, nothing found"
