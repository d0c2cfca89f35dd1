"""Formats durations, ages, sizes and lists of names, the same way everywhere.

Follows the tools around Docker:

- No space between number and unit, as in `docker stats` and in Go's durations: `42s`, `604MiB`.
- A duration has at most two units, the larger first: `120ms`, `2.5s`, `42s`, `2m 5s`, `3h 12m`,
  `12d 4h`. It is truncated, never rounded up: 59.9 seconds are not yet a minute.
- An age changes rarely: from a minute on it is in minutes, as in `docker ps`.
- Memory uses binary units (`MiB`, `GiB`), as in `docker stats` and `docker info`.
- Other byte counts (files, volumes, databases, network and disk traffic) use decimal units
  (`kB`, `MB`, `GB`), as in `docker images`, `docker system df` and the rates of
  `docker stats`.

JSON output is different: a field is a plain number, and its name has the unit.
"""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Final

from pixel_tui.text import SafeText

_NANOSECONDS: Final = 1_000_000_000
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_DECIMAL: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_BINARY: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def span(seconds: float) -> SafeText:
    """Format a duration: `350µs`, `120ms`, `2.5s`, `42s`, `2m 5s`, `3h 12m`.

    A negative duration (after a clock correction) is zero; one that is not a finite number, as in
    a damaged record, is `unknown`.
    """
    if not isfinite(seconds):
        return SafeText("unknown")
    return nanosecond_span(round(max(seconds, 0.0) * _NANOSECONDS))


def nanosecond_span(nanoseconds: int) -> SafeText:
    """Format nanoseconds as a duration: `12ns`; a negative one as `-2m 5s`."""
    sign, magnitude = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    return SafeText(f"{sign}{_span(magnitude)}")


def _span(nanoseconds: int) -> str:
    if nanoseconds == 0:
        return "0s"
    for limit, unit in ((1_000, "ns"), (1_000_000, "µs"), (_NANOSECONDS, "ms")):
        if nanoseconds < limit:
            return f"{nanoseconds * 1000 // limit}{unit}"
    seconds, rest = divmod(nanoseconds, _NANOSECONDS)
    tenths = rest * 10 // _NANOSECONDS
    if seconds < 10 and tenths:
        return f"{seconds}.{tenths}s"
    return _two_units(seconds)


def age(seconds: float) -> SafeText:
    """Format an age so that it needn't be repainted each second.

    At most seven characters: `0s`, `42s`, `5m`, `3h 12m`, `12d 4h`, `400d`.
    """
    full_seconds = max(int(seconds), 0)
    return SafeText(
        _two_units(
            full_seconds
            if full_seconds < _MINUTE or full_seconds >= _HOUR
            else full_seconds // 60 * 60
        )
    )


def ago(at: datetime, now: datetime) -> SafeText:
    """Format how long ago something was: `just now`, `42s ago`, `3h 12m ago`."""
    seconds = (now - at).total_seconds()
    return SafeText(f"{age(seconds)} ago" if seconds >= 1 else "just now")


def _two_units(seconds: int) -> str:
    """Format seconds in their two largest units; from a hundred days on without hours."""
    for size, unit, smaller_size, smaller in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "m"),
        (_MINUTE, "m", 1, "s"),
    ):
        if seconds >= size:
            count, rest = divmod(seconds, size)
            smaller_count = rest // smaller_size
            has_second = smaller_count and (unit != "d" or count < 100)
            return f"{count}{unit} {smaller_count}{smaller}" if has_second else f"{count}{unit}"
    return f"{seconds}s"


def size(count: float) -> SafeText:
    """Format bytes stored or sent, in powers of 1000: `512B`, `1.5kB`, `12MB`, `3GB`."""
    return _scale(count, 1000, _DECIMAL)


def memory_size(count: float) -> SafeText:
    """Format bytes of memory, in powers of 1024: `512B`, `1.5GiB`, `604MiB`."""
    return _scale(count, 1024, _BINARY)


def _scale(count: float, base: int, units: tuple[str, ...]) -> SafeText:
    """Format with at most three digits before the point, and one after it below ten."""
    value = max(float(count), 0.0)
    unit = units[0]
    for unit in units:
        if value < 999.5 or unit == units[-1]:
            break
        value /= base
    digits = 1 if value < 9.95 and unit != "B" else 0
    return SafeText(f"{value:.{digits}f}".removesuffix(".0") + unit)


def listed(names: Sequence[str], limit: int = 4) -> str:
    """Return names as an enumeration: `api, web and agent`; `a, b, c and 5 more`."""
    if len(names) > limit:
        return f"{', '.join(names[: limit - 1])} and {len(names) - limit + 1} more"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
