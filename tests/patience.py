"""How long a test waits for what has to come."""

from typing import Final

PATIENCE: Final = 120.0
"""Seconds. What comes at all comes within them, whatever else the machine is busy with; so a
failure says that it does not come, and never that it was late."""
