"""Programs that are started: compose, git, nginx -t, the steps of a plan."""
