"""The intervals of watching a stack, and the delays after failures."""

from dataclasses import dataclass
from typing import Final

RETRY_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""The delays after the first failure, the second, and so on."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The intervals of watching, in seconds."""

    poll: float = 10.0
    """Interval of reading the containers without an event, as a safety net."""
    heartbeat: float = 2.0
    """Interval of pinging the engine when there are no events."""
    usage: float = 2.0
    """Interval of stats."""
    files: float = 2.0
    """Interval of checking the compose files for changes."""
    retry: float = 15.0
    """Delay before compose is run again after it failed, if no file has changed."""
    gather: float = 0.05
    """Delay after an event, to read the containers once for several events."""
    listen: float = 0.2
    """How long the first reading of the containers waits for the event stream."""


def retry_pause(failures: int) -> float:
    """Return the seconds to wait after this many failures in a row (at least one)."""
    return RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
