"""Times of log lines: timestamps, durations between them, and times typed to jump to. Pure."""

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from pixel_tui.errors import UsageError
from pixel_tui.humanize import nanosecond_span
from pixel_tui.late_pattern import LatePattern
from pixel_tui.text import SafeText

SECOND: Final = 1_000_000_000
"""Nanoseconds."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = LatePattern(
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_CLOCK = LatePattern(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_AGO = LatePattern(r"-(?=\d)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
_DATE = LatePattern(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?",
    re.ASCII | re.IGNORECASE,
)
_FORMS: Final = "Use 10:42, 10:42:07, -15m, -2h30m or 2026-03-01 10:42."


class InvalidTime(UsageError):
    """The typed text is not a time."""


def jump_target(text: str, *, now: datetime, zone: tzinfo) -> datetime:
    """Parse a typed time to jump to, into UTC.

    A time of day is its most recent one: at 09:00, `23:30` is yesterday's. A date without a
    zone is in the operator's own zone.

    Args:
        text: `10:42`, `10:42:07`, `-15m`, `-2h30m`, an ISO date or date and time.
        now: The present time, aware.
        zone: The operator's own zone.

    Raises:
        InvalidTime: It is none of these, or out of the range of `datetime`.
    """
    typed = text.strip()
    try:
        if match := _CLOCK.fullmatch(typed):
            return _most_recent(time(int(match[1]), int(match[2]), int(match[3] or 0)), now, zone)
        if match := _AGO.fullmatch(typed):
            days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
            ago = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            return (now - ago).astimezone(UTC)
        if _DATE.fullmatch(typed):
            at = datetime.fromisoformat(typed.upper().replace(" +", "+").replace(" -", "-"))
            return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidTime("No such time", on=text[:60], hint=_FORMS) from None
    raise InvalidTime("Not a valid time", on=text[:60], hint=_FORMS)


def _most_recent(clock: time, now: datetime, zone: tzinfo) -> datetime:
    today = now.astimezone(zone).date()
    at = datetime.combine(today, clock, zone).astimezone(UTC)
    if at > now:
        at = datetime.combine(today - timedelta(days=1), clock, zone).astimezone(UTC)
    return at


def timestamp_nanoseconds(stamp: bytes) -> int | None:
    """Parse an RFC 3339 timestamp into nanoseconds since 1970; return None if it is invalid."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return None
    second = _second(match[1], match[3])
    return None if second is None else second * SECOND + int((match[2] or b"").ljust(9, b"0"))


@lru_cache(maxsize=4096)
def _second(text: bytes, zone: bytes) -> int | None:
    """Return the second since 1970; cached, because neighbouring log lines share most of them."""
    try:
        at = datetime.fromisoformat((text + zone).decode("ascii"))
        return (at - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None


def parse_timestamp(stamp: bytes) -> datetime | None:
    """Parse a timestamp into UTC, to the microsecond; return None if it is invalid."""
    nanos = timestamp_nanoseconds(stamp)
    try:
        return None if nanos is None else _EPOCH + timedelta(microseconds=nanos // 1000)
    except OverflowError:
        return None


def format_timestamp(nanos: int) -> bytes:
    """Format nanoseconds since 1970 as the engine does: RFC 3339 in UTC with nine digits.

    Raises:
        OverflowError: The year is out of the range of `datetime`.
    """
    second, rest = divmod(nanos, SECOND)
    at = _EPOCH + timedelta(seconds=second)
    return f"{at.year:04}-{at:%m-%dT%H:%M:%S}.{rest:09}Z".encode()


def timestamp_at(at: datetime) -> bytes:
    """Format an aware time as the engine does."""
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    return format_timestamp(micros * 1000)


def unix_time(stamp: bytes) -> str:
    """Convert an RFC 3339 timestamp to the engine's `since`: seconds, dot, nanoseconds.

    Returns an empty string if it is invalid.
    """
    text = stamp.decode("ascii", "replace")
    try:
        seconds = int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return ""
    fraction = text[20:].rstrip("Z") if text[19:20] == "." else ""
    return f"{seconds}.{fraction.ljust(9, '0')[:9]}" if fraction.isdecimal() else f"{seconds}"


def elapsed_text(earlier: bytes, later: bytes) -> SafeText:
    """Return the duration between two timestamps in words; empty if one is invalid."""
    start, end = timestamp_nanoseconds(earlier), timestamp_nanoseconds(later)
    return SafeText("") if start is None or end is None else nanosecond_span(end - start)
