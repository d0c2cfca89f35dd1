"""Edits before they are saved."""
