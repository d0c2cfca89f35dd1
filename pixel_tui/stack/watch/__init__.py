"""Watching a stack: one snapshot after the other."""
