"""The shell commands: one file each, and what it prints beside it."""
