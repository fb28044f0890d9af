#!/usr/bin/env bash
# Shows only the questions in the chat.
#
#   scripts/recipes/questions.sh demo
#   scripts/recipes/questions.sh -p twitch,youtube
#
# Bots and question marks inside addresses are ignored.
exec restail "$@" -o text -a event \
	-f '(.is_bot | not) and (.text | test("[?？؟]([^\\w/&=]|$)"))'
