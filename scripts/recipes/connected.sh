#!/usr/bin/env bash
# Says in one line, for a status bar, whether everything is connected. The exit
# status is 0 if it is.
#
#   scripts/recipes/connected.sh
#   */5 * * * *  line=$(connected.sh) || echo "$line"   # cron: mail what is wrong
#
# It takes the flags of restail connections, and gives up after three retries. To try it without an account, run
# restail serve in another shell. Then run the commands that it prints in this
# one, and export RESTREAM_ACCESS_TOKEN=token.
set -uo pipefail

records=$(restail connections --max-retries=3 "$@" -q -o ndjson)
status=$?
wrong=$(printf '%s\n' "$records" | sed -E '
	/"status":"connected"/d
	s/.*"platform":"([a-z0-9_-]+)".*"status":"([a-z]+)"(.*"reason":"([a-z_]+)")?.*/\1 \2 \4/
	s/ $//')
: "${wrong:=no channel}"
case $status in
0) echo "all $(printf '%s\n' "$records" | wc -l | tr -d ' ') connected" ;;
1) echo "not connected: ${wrong//$'\n'/, }" ;;
*) echo "cannot tell: restail ended with status $status" ;;
esac
exit "$status"
