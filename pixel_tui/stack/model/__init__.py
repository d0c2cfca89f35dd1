"""A stack as plain values, and the parsers that make them from JSON. Pure."""
