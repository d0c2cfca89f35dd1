"""From what is seen to a plan, with its checks and refusals. Pure."""
