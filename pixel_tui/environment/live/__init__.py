"""The environment files of a real project: reading, checking and changing them."""
