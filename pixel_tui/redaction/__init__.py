"""Masks secrets by their names, by their forms, and by known values."""
