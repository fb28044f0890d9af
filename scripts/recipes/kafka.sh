#!/usr/bin/env bash
# Sends every record to a Kafka topic with kcat.
#
#   scripts/recipes/kafka.sh demo --speed max
#   BROKERS=one:9092,two:9092 TOPIC=chat scripts/recipes/kafka.sh
#
# BROKERS is localhost:9092 by default, TOPIC restail. All records have the same
# key, so that one partition keeps them in order.
set -euo pipefail

command -v kcat >/dev/null || {
	echo 'kafka.sh: kcat is not installed' >&2
	exit 127
}
restail "$@" -o ndjson |
	kcat -P -b "${BROKERS:-localhost:9092}" -t "${TOPIC:-restail}" -k restail
