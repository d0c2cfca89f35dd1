"""Clocks, passed as arguments so that tests and screenshots can fix the time."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Provides the time to a part of the program."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        ...

    def monotonic(self) -> float:
        """Return the seconds of a clock that never goes back."""
        ...


class SystemClock:
    """The system's clocks."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds of a clock that never goes back."""
        return time.monotonic()


class FixedClock:
    """A clock that moves only on request."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the fixed time."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds advanced so far."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Advance both clocks."""
        self._now = datetime.fromtimestamp(self._now.timestamp() + seconds, UTC)
        self._monotonic += seconds
