#!/usr/bin/env bash
# Runs all checks that must pass before a change lands. Needs Go and access to Go
# modules; the tools that it runs are pinned, and built by Go itself.
set -euo pipefail
cd "$(dirname "$0")/.."

# Git tells nothing about a clone that belongs to another user.
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s\n' "$*"; }

step gofmt
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	printf 'run gofmt -w on:\n%s\n' "$unformatted" >&2
	exit 1
fi

step vet
go vet ./...
for target in windows/amd64 darwin/arm64 freebsd/amd64 linux/arm; do
	printf 'compiles for %s\n' "$target"
	GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 go vet ./...
done

step staticcheck
go run "$staticcheck" ./...

step "go.mod is tidy"
go mod tidy -diff

step "the stripped binary is under 12 MB"
# A single library that calls methods by name makes the linker keep all methods.
CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -ldflags='-s -w' -o "$work/restail" .
size=$(wc -c <"$work/restail")
echo "$size bytes"
[ "$size" -lt 12000000 ]

step "tests, README included"
race=-race
if [ "$(go env CGO_ENABLED)" != 1 ] || ! command -v "$(go env CC)" >/dev/null; then
	echo 'no C compiler: testing without the race detector'
	race=
fi
# The scripts are not part of the program: the race detector would only slow them down.
# Everything was vetted above.
go list ./... | grep -v /scripts/ | xargs go test -vet=off $race
go test -vet=off ./scripts/...

step "tests on a 32-bit machine"
if [ "$(go env GOOS)/$(go env GOARCH)" = linux/amd64 ]; then
	GOARCH=386 CGO_ENABLED=0 go test -vet=off ./decode/... ./filter ./format/... ./cmd/...
else
	echo 'this machine runs no 32-bit programs'
fi

step "fuzz each target"
scripts/fuzz.sh

step shell
for script in .ci/run scripts/*.sh scripts/recipes/*.sh; do
	[ -e "$script" ] || continue
	bash -n "$script"
done

echo
echo 'all good'
