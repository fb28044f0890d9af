#!/usr/bin/env bash
# Fuzzes each target.
#
#   scripts/fuzz.sh [INPUTS]
#
# INPUTS is for the cheapest targets, 40000 by default; the others get fewer, so that no
# target takes much longer than another. scripts/fuzz.sh 11200000 makes 10^8 inputs of
# all targets together and takes about two hours on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

inputs=${1:-40000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"

# The limit is a number of inputs: with a limit in seconds, Go 1.26 sometimes fails
# with "context deadline exceeded" when the time is up (go.dev/issue/75804). All targets
# of a package share one test binary, which runs in the package's folder.
cache=$(go env GOCACHE)/fuzz
total=0 targets=0
while read -r package dir; do
	names=$({ grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go || true; } | awk '{print $2}')
	[ -n "$names" ] || continue
	go test -vet=off -fuzz . -c -o "$work/fuzz.test" "$package"
	for name in $names; do
		case $name in
		FuzzScan | FuzzParseOwn | FuzzRaw | FuzzAppend | FuzzDecode | FuzzValue | FuzzNDJSON) share=1 ;;
		FuzzProgram | FuzzStamp | FuzzAnswer | FuzzEdge | FuzzToken) share=4 ;;
		FuzzState | FuzzStore | FuzzConfig | FuzzRepair) share=160 ;; # each input is a file
		*) share=14 ;;
		esac
		printf '%s %s ' "$package" "$name"
		if ! (cd "$dir" && "$work/fuzz.test" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "$((inputs / share))x" \
			-test.fuzzminimizetime 100x -test.fuzzcachedir "$cache/$package") </dev/null >"$work/output" 2>&1; then
			echo
			cat "$work/output"
			exit 1
		fi
		last=$(grep '^fuzz: elapsed' "$work/output" | tail -n 1)
		echo "${last#fuzz: }"
		runs=${last#*execs: }
		total=$((total + ${runs%% *})) targets=$((targets + 1))
	done
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./...)
echo "$total inputs of $targets targets, nothing found"
