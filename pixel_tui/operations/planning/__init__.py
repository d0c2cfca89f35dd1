"""From a snapshot to a plan, with its checks and refusals. Pure."""
