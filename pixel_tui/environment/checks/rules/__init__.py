"""The rules of environment checks: one file each, found by its `CHECKS`."""
