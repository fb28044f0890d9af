#!/usr/bin/env bash
# Sends every record to a Kafka topic with kcat.
#
#   scripts/recipes/kafka.sh demo --speed max
#   BROKERS=one:9092,two:9092 TOPIC=chat scripts/recipes/kafka.sh
#
# All have the same key, and so one partition keeps them in order.
set -euo pipefail

restail "$@" -o ndjson |
	kcat -P -b "${BROKERS:-localhost:9092}" -t "${TOPIC:-restail}" -k restail
