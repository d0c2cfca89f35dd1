"""Parses the times and durations of the engine and of compose. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from pixel_tui.late_pattern import LatePattern

_ZERO_TIME: Final = "0001-01-01"
_TIME = LatePattern(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$")
_DURATION = LatePattern(r"(?<!\d)(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_UNIT_SECONDS: Final[Mapping[str, float]] = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}


def parse_time(raw: str) -> datetime | None:
    """Parse an RFC 3339 time into UTC; return None for the engine's zero time or if invalid."""
    match = _TIME.match(raw)
    if match is None or raw.startswith(_ZERO_TIME):
        return None
    seconds, fraction, zone = match.groups()
    micro = (fraction or "").ljust(6, "0")[:6]
    offset = "+00:00" if zone == "Z" else zone
    try:
        return datetime.fromisoformat(f"{seconds}.{micro}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_duration(raw: str) -> float | None:
    """Parse a Go duration (`1m30s`) into seconds; return None if it is invalid."""
    parts = [(match[1], match[2]) for match in _DURATION.finditer(raw)]
    if not parts or "".join(number + unit for number, unit in parts) != raw:
        return None
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
