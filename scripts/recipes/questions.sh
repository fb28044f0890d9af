#!/usr/bin/env bash
# Shows the questions of the chat and nothing else.
#
#   scripts/recipes/questions.sh demo
#   scripts/recipes/questions.sh -p twitch,youtube
#
# A question mark within an address is none, and bots do not ask.
exec restail "$@" -o text -a event \
	-f '(.is_bot | not) and (.text | test("[?？؟]([^\\w/&=]|$)"))'
