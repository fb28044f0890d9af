#!/usr/bin/env bash
# Publishes every record to NATS, by its own tool (github.com/nats-io/natscli).
#
#   scripts/recipes/nats.sh demo --speed max
#   NATS_URL=nats://broker:4222 SUBJECT=chat.lotte scripts/recipes/nats.sh
#
# Link records are among them, so that a consumer sees a gap.
set -euo pipefail

# Without --no-templates a chatter's {{ }} would be run by nats.
restail "$@" -o ndjson |
	nats publish "${SUBJECT:-restail}" --force-stdin --send-on=newline --no-templates --quiet
