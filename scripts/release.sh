#!/usr/bin/env bash
# Builds a release from the commit that is checked out, into dist/: archives, packages
# for Debian, RPM and Alpine, a Homebrew formula, a Scoop manifest, lists of the modules
# in each binary, and SHA256SUMS. Needs goreleaser 2.15:
#
#   go install github.com/goreleaser/goreleaser/v2@v2.15.1
#
#   scripts/release.sh                       # a snapshot, of any commit
#   scripts/release.sh 1.2.3                 # a release, of the commit tagged v1.2.3
#   scripts/release.sh 1.2.3 --publish       # and puts it on GitHub, with GITHUB_TOKEN
#
# A release needs a section in CHANGELOG.md: "## 1.2.3 - 2026-12-24". The same commit
# gives the same bytes on every machine, and so the Go that builds it is named here; Go
# gets that version if it is another one.
set -euo pipefail
cd "$(dirname "$0")/.."

export GOTOOLCHAIN=go1.26.8 GOFLAGS= GOEXPERIMENT= GOWORK=off
# goreleaser knows nothing about the commit of a clone without a remote.
if ! git remote get-url origin >/dev/null 2>&1; then
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://github.com/restail/restail
fi

goreleaser check
if [ $# = 0 ]; then
	exec goreleaser release --clean --snapshot
fi

version=${1#v}
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
go run ./scripts/release notes "$version" >"$notes"
if ! git tag --points-at HEAD | grep -qFx "v$version"; then
	echo "release: the commit is not tagged v$version" >&2
	exit 1
fi
publish=--skip=publish
[ "${2-}" != --publish ] || publish=
GORELEASER_CURRENT_TAG=v$version goreleaser release --clean --release-notes="$notes" $publish
