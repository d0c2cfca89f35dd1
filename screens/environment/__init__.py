"""The environment editor and what it asks."""
