"""Counts of log lines and errors, by container and minute, and of repeated errors."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.shape import Repeat, Repeats
from pixel_tui.logs.structure import parse_structured
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import SECOND, format_timestamp, timestamp_nanoseconds

MINUTES: Final = 15
_KEPT_MINUTES: Final = 2 * MINUTES
"""Minutes kept for each container."""
_MINUTE: Final = len(b"2026-03-01T12:00")
_NO_LINES: Final = (0, 0)


@dataclass(frozen=True, slots=True)
class SourceActivity:
    """The line counts of one container."""

    source: str
    lines: tuple[int, ...]
    """Lines in each of the last minutes, oldest first."""
    errors: tuple[int, ...]
    """The same for lines of level `error` and above."""


@dataclass(frozen=True, slots=True)
class ActivitySummary:
    """The line counts of the last minutes, as far as lines were read."""

    sources: tuple[SourceActivity, ...] = ()
    """Sorted by errors, then by lines, highest first."""
    groups: tuple[Repeat, ...] = ()
    """Errors that differ only in numbers and ids, the most frequent first."""


class Activity:
    """Counts lines as they come; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[str, dict[bytes, tuple[int, int]]] = {}
        self._repeats = Repeats()
        self._newest = b""

    def add(self, line: LogLine, level: LogLevel) -> None:
        """Count a line; one without a stamp counts for the newest minute."""
        if line.kind is LineKind.MARK:
            return
        minute = line.stamp[:_MINUTE] or self._newest
        is_error = level >= LogLevel.ERROR
        with self._lock:
            self._newest = max(self._newest, minute)
            counts_of_source = self._minutes.get(line.source)
            if counts_of_source is None:
                counts_of_source = self._minutes[line.source] = {}
            lines, errors = counts_of_source.get(minute, _NO_LINES)
            counts_of_source[minute] = lines + 1, errors + is_error
            if len(counts_of_source) > _KEPT_MINUTES:
                del counts_of_source[min(counts_of_source)]
            if is_error:
                parts = parse_structured(line.text)
                self._repeats.add(line, parts.message.encode() if parts else None)

    def summary(self, now: bytes) -> ActivitySummary:
        """Return the counts of the last minutes up to a time, given as the engine writes it."""
        minutes = _minutes_up_to(now)
        with self._lock:
            sources = [
                SourceActivity(
                    source,
                    tuple(counts.get(minute, _NO_LINES)[0] for minute in minutes),
                    tuple(counts.get(minute, _NO_LINES)[1] for minute in minutes),
                )
                for source, counts in self._minutes.items()
            ]
            groups = self._repeats.most_frequent()
        active = [item for item in sources if any(item.lines)]
        active.sort(key=lambda item: (-sum(item.errors), -sum(item.lines), item.source))
        return ActivitySummary(tuple(active), groups)


def _minutes_up_to(now: bytes) -> Sequence[bytes]:
    end = timestamp_nanoseconds(now) or 0
    return [
        format_timestamp(max(end - minutes_ago * 60 * SECOND, 0))[:_MINUTE]
        for minutes_ago in reversed(range(MINUTES))
    ]
