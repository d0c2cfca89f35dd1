"""Timestamps and reproducible random values for the simulated stack."""

import hashlib
import zlib
from datetime import UTC, datetime
from typing import Final

ZERO_TIME: Final = "0001-01-01T00:00:00Z"
_MICROSECONDS: Final = 1_000_000


def nanoseconds(at: float) -> int:
    """Convert Unix seconds to nanoseconds, with microsecond precision."""
    return round(at * _MICROSECONDS) * 1000


def stamp(at: float) -> str:
    """Format Unix seconds as the engine does; 0 is its zero time."""
    return stamp_nanoseconds(nanoseconds(at)) if at else ZERO_TIME


def stamp_nanoseconds(nanoseconds_at: int) -> str:
    """Format Unix nanoseconds as the engine does."""
    seconds, rest = divmod(nanoseconds_at, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def hex_id(seed: int, name: str) -> str:
    """Return an id of 64 hex digits, derived from the seed and the name."""
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()


def noise(name: str) -> float:
    """Return a number in [0, 1), derived from the name."""
    return zlib.crc32(name.encode()) / 2**32


def docker_duration(seconds: float) -> str:
    """Format a duration as `docker ps` does."""
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return f"{int(seconds)} second{'s' if seconds >= 2 else ''}"
    if seconds < 120:
        return "About a minute"
    if seconds < 3600:
        return f"{int(seconds // 60)} minutes"
    if seconds < 5400:
        return "About an hour"
    if seconds < 48 * 3600:
        return f"{round(seconds / 3600)} hours"
    return f"{int(seconds // 86400)} days"
