#!/usr/bin/env bash
# Publishes every record to NATS with the nats tool (github.com/nats-io/natscli).
#
#   scripts/recipes/nats.sh demo --speed max
#   NATS_URL=nats://broker:4222 SUBJECT=chat.lotte scripts/recipes/nats.sh
#
# SUBJECT is restail by default. Link records are published too, so that a
# consumer sees a gap.
set -euo pipefail

command -v nats >/dev/null || {
	echo 'nats.sh: nats is not installed: see github.com/nats-io/natscli' >&2
	exit 127
}
# Without --no-templates a chatter's {{ }} would be run by nats.
restail "$@" -o ndjson |
	nats publish "${SUBJECT:-restail}" --force-stdin --send-on=newline --no-templates --quiet
