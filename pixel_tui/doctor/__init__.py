"""Checks of the machine, each with its fix."""
