"""Typed times, the engine's timestamps, and the time between them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.model.times import (
    SECOND,
    InvalidTime,
    elapsed_text,
    format_timestamp,
    jump_target,
    parse_timestamp,
    timestamp_at,
    timestamp_nanoseconds,
    unix_time,
)

ZONE = timezone(timedelta(hours=1))
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""One in the afternoon in the operator's zone."""


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("10:42", utc(2026, 3, 1, 9, 42)),
        ("10:42:07", utc(2026, 3, 1, 9, 42, 7)),
        (" 9:05 ", utc(2026, 3, 1, 8, 5)),
        ("13:00", utc(2026, 3, 1, 12, 0)),
        ("13:01", utc(2026, 2, 28, 12, 1)),
        ("-15m", utc(2026, 3, 1, 11, 45)),
        ("-2h30m", utc(2026, 3, 1, 9, 30)),
        ("-1d", utc(2026, 2, 28, 12, 0)),
        ("-90s", utc(2026, 3, 1, 11, 58, 30)),
        ("2026-02-27", utc(2026, 2, 26, 23, 0)),
        ("2026-02-27 10:42", utc(2026, 2, 27, 9, 42)),
        ("2026-02-27T10:42:07", utc(2026, 2, 27, 9, 42, 7)),
        ("2026-02-27T10:42:07Z", utc(2026, 2, 27, 10, 42, 7)),
        ("2026-02-27t10:42:07z", utc(2026, 2, 27, 10, 42, 7)),
        ("2026-02-27T10:42:07.123456789Z", utc(2026, 2, 27, 10, 42, 7, 123456)),
        ("2026-02-27 10:42 +03:00", utc(2026, 2, 27, 7, 42)),
        ("2026-02-27T10:42-0330", utc(2026, 2, 27, 14, 12)),
    ],
)
def test_a_typed_time_is_parsed(typed: str, meant: datetime) -> None:
    assert jump_target(typed, now=NOW, zone=ZONE) == meant
    assert jump_target(typed, now=NOW, zone=ZONE).tzinfo is UTC


def test_yesterdays_time_of_day_uses_yesterdays_offset() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    morning = datetime(2026, 3, 29, 8, 0, tzinfo=berlin).astimezone(UTC)
    assert jump_target("07:00", now=morning, zone=berlin) == utc(2026, 3, 29, 5)
    assert jump_target("23:00", now=morning, zone=berlin) == utc(2026, 3, 28, 22)


@pytest.mark.parametrize(
    "typed",
    ["", "now", "25:00", "10:60", "10", "-", "-m", "15m", "+15m", "-15", "-2m1h", "2026-02-30",
     "2026-13-01", "0001-01-01 00:00", "-999999d", "2026-02-27T", "27.02.2026",
     "\u0661\u0660:\u0664\u0662",
     "10:42\n10:43", "2026-02-27 10:42 +99:00", "-" + "9" * 400 + "m"],
)  # fmt: skip
def test_an_invalid_time_is_an_error(typed: str) -> None:
    with pytest.raises(InvalidTime) as caught:
        jump_target(typed, now=NOW, zone=ZONE)
    assert "10:42" in caught.value.hint


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_an_invalid_time(typed: str) -> None:
    with suppress(InvalidTime):
        assert jump_target(typed, now=NOW, zone=ZONE).tzinfo is UTC


@pytest.mark.parametrize(
    ("stamp", "nanos"),
    [
        (b"1970-01-01T00:00:00.000000001Z", 1),
        (b"2026-03-01T12:00:00.123456789Z", 1_772_366_400_123_456_789),
        (b"2026-03-01T12:00:00Z", 1_772_366_400_000_000_000),
        (b"2026-03-01T12:00:00.1Z", 1_772_366_400_100_000_000),
        (b"2026-03-01T13:00:00.5+01:00", 1_772_366_400_500_000_000),
        (b"1969-12-31T23:59:59.999999999Z", -1),
        (b"", None),
        (b"2026-03-01", None),
        (b"2026-02-30T12:00:00Z", None),
        (b"2026-03-01T12:00:00.123456789", None),
        (b"\xff", None),
    ],
)
def test_a_timestamp_is_parsed_to_nanoseconds(stamp: bytes, nanos: int | None) -> None:
    assert timestamp_nanoseconds(stamp) == nanos


@given(st.integers(min_value=-62_135_596_800 * SECOND, max_value=253_402_300_799 * SECOND))
def test_formatting_is_the_inverse_of_parsing(nanos: int) -> None:
    stamp = format_timestamp(nanos)
    assert len(stamp) == 30
    assert timestamp_nanoseconds(stamp) == nanos


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_datetime_survives_formatting_and_parsing(at: datetime) -> None:
    assert parse_timestamp(timestamp_at(at)) == at


@given(st.binary(max_size=40))
def test_an_invalid_timestamp_is_none(stamp: bytes) -> None:
    assert parse_timestamp(stamp) is None or timestamp_nanoseconds(stamp) is not None


def test_the_elapsed_time_between_two_timestamps() -> None:
    assert elapsed_text(b"2026-03-01T12:00:00.000000000Z", b"2026-03-01T12:02:05.5Z") == "2m 5s"
    assert elapsed_text(b"", b"2026-03-01T12:02:05.5Z") == ""


@pytest.mark.parametrize(
    ("raw", "since"),
    [
        ("2026-03-01T12:00:00.123456789Z", "1772366400.123456789"),
        ("2026-03-01T12:00:00.5Z", "1772366400.500000000"),
        ("2026-03-01T12:00:00Z", "1772366400"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_a_timestamp_is_converted_to_the_engines_since(raw: str, since: str) -> None:
    assert unix_time(raw.encode()) == since
