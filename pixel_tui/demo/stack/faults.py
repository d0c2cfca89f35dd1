"""What can go wrong in the embedded stack."""

from enum import StrEnum
from typing import Final


class DemoFault(StrEnum):
    """A failure of a service that can be raised by hand."""

    UNHEALTHY = "unhealthy"
    """Its health check fails and its log says why. A restart by hand mends it."""
    CRASH_LOOP = "crash loop"
    """It ends with exit code 1 a moment after each start."""
    OUT_OF_MEMORY = "out of memory"
    """It grows to its memory limit and is killed, each time again."""
    FLOOD = "log flood"
    """It writes two thousand lines a second."""


CRASH_SECONDS: Final = 2.5
"""How long a container in a crash loop lives."""
OUT_OF_MEMORY_SECONDS: Final = 12.0
"""How long a container that leaks takes to reach its limit."""
RESTART_SECONDS: Final = 2.5
"""How long the engine waits before it restarts a container. A real one begins with a
tenth of a second and doubles it up to a minute; this one keeps every state visible."""
FLOOD_SECONDS: Final = 0.0005
"""Between two lines of a flood."""
