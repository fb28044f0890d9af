# only kick
select(.platform == "kick")
| .author
