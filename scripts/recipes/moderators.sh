#!/usr/bin/env bash
# Shows what your moderators say, in a chat that is too fast to read.
# Bots that are moderators are left out.
#
#   scripts/recipes/moderators.sh demo
#   scripts/recipes/moderators.sh
exec restail "$@" -o text -a event -f '.is_moderator and (.is_bot | not)'
