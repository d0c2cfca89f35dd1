"""What can go wrong in the simulated stack."""

from enum import StrEnum
from typing import Final


class DemoFault(StrEnum):
    """A failure of a service that can be raised from the command palette."""

    UNHEALTHY = "unhealthy"
    """Its health check fails and its log says why. A manual restart clears it."""
    CRASH_LOOP = "crash loop"
    """It exits 1 a moment after each start."""
    OUT_OF_MEMORY = "out of memory"
    """It grows to its memory limit and is killed, again after each restart."""
    FLOOD = "log flood"
    """It writes two thousand lines a second."""


CRASH_SECONDS: Final = 2.5
"""How long a container in a crash loop runs."""
OUT_OF_MEMORY_SECONDS: Final = 12.0
"""How long a leaking container takes to reach its memory limit."""
RESTART_SECONDS: Final = 2.5
"""How long the engine waits before it restarts a container. A real one starts with 100 ms
and doubles it up to a minute; a fixed delay keeps every state visible."""
FLOOD_SECONDS: Final = 0.0005
"""Time between two lines of a log flood."""
