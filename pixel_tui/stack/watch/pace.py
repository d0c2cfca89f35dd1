"""How often a stack is looked at, and how soon again after a failure."""

from dataclasses import dataclass
from typing import Final

RETRY_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""The pauses after one failure, two, and so on."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds."""

    poll: float = 10.0
    """The safety net below the events."""
    heartbeat: float = 2.0
    """How often a silent engine is asked whether it is still there."""
    usage: float = 2.0
    files: float = 2.0
    """How often the compose files' times are looked at."""
    retry: float = 15.0
    """How soon compose is asked again after it failed, if no file has changed."""
    gather: float = 0.05
    """How long events are gathered before the containers are read again."""
    listen: float = 0.2
    """How long the first reading of the containers waits for the event stream."""


def retry_pause(failures: int) -> float:
    """How many seconds to wait after so many failures in a row (at least one)."""
    return RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
