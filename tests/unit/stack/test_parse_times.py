"""Parsing the times and durations of the engine and of compose."""

from datetime import UTC, datetime

import pytest

from pixel_tui.stack.model.parse_times import parse_duration, parse_time


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-03-01T10:00:00.123456789Z", datetime(2026, 3, 1, 10, 0, 0, 123456, UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, 0, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
        ("2026-99-01T10:00:00Z", None),
    ],
)
def test_times_are_parsed_into_utc(raw: str, expected: datetime | None) -> None:
    assert parse_time(raw) == expected


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("30s", 30.0), ("1m30s", 90.0), ("2h", 7200.0), ("100ms", 0.1), ("", None), ("soon", None)],
)
def test_durations_are_seconds(raw: str, seconds: float | None) -> None:
    assert parse_duration(raw) == seconds
