#!/usr/bin/env bash
# Shows what your moderators say, where chat goes by too fast to see it.
# Bots that are moderators are left out.
#
#   scripts/recipes/moderators.sh demo
#   scripts/recipes/moderators.sh
exec restail "$@" -o text -a event -f '.is_moderator and (.is_bot | not)'
