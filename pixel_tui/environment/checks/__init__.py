"""Checks of environment files: their input, the rules and their findings."""
