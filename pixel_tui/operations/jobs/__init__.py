"""Jobs: running a plan, recording, verifying and cancelling it, and its lock."""
