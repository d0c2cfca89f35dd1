"""The environment of the real project, read and written in the background."""
