"""Masking secrets: by their names, their forms and the values that are known."""
