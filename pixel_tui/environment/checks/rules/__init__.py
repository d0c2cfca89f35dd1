"""The rules: one file each, found by its `CHECKS`."""
