"""Edits of environment files before they are saved."""
