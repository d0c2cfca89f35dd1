"""The shell commands: one file each, with its output next to it."""
