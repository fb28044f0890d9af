select(.platform == "kick")
| .author |
  ) oops
