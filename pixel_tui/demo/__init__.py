"""The demonstration: an embedded stack, and all that stands for the real one."""
