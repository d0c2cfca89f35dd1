"""Formatting of durations, ages and sizes."""

import re
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixel_tui.humanize import age, ago, memory_size, nanosecond_span, size, span

NOON: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB
UNITS: Final = {
    "ns": 1,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3600 * 1_000_000_000,
    "d": 86_400 * 1_000_000_000,
}
"""In nanoseconds."""
DECIMAL: Final = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
BINARY: Final = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}
YEARS: Final = 30 * 365 * 86_400

spans = st.integers(0, YEARS * 1_000_000_000)
seconds = st.floats(0, YEARS)
counts = st.one_of(st.integers(0, 10**17), st.floats(0, 1e17))


def parts_of(words: str) -> list[tuple[float, str]]:
    """Parse the numbers and units of a duration."""
    found = re.fullmatch(r"(\d+|\d\.\d)(ns|µs|ms|s|m|h|d)(?: (\d+)(s|m|h))?", words)
    assert found is not None, words
    first, unit, second, smaller = found.groups()
    parts = [(float(first), unit)]
    return [*parts, (float(second), smaller)] if second else parts


def nanoseconds(words: str) -> int:
    return round(sum(number * UNITS[unit] for number, unit in parts_of(words)))


def bytes_of(words: str, units: dict[str, int]) -> float:
    found = re.fullmatch(r"(\d{1,3}|\d\.\d)([kKMGTP]?i?B)", words)
    assert found is not None, words
    return float(found[1]) * units[found[2]]


class TestSpan:
    @pytest.mark.parametrize(
        ("of", "words"),
        [
            (0, "0s"), (2e-9, "2ns"), (0.000_35, "350µs"), (0.12, "120ms"), (0.999_9, "999ms"),
            (1, "1s"), (2.0, "2s"), (2.56, "2.5s"), (9.99, "9.9s"), (10.5, "10s"), (59.9, "59s"),
            (60, "1m"), (125, "2m 5s"), (301, "5m 1s"), (3599, "59m 59s"), (3600, "1h"),
            (11_520, "3h 12m"), (86_399, "23h 59m"), (86_400, "1d"), (1_051_200, "12d 4h"),
            (99 * 86_400 + 3600, "99d 1h"), (100 * 86_400 + 3600, "100d"),
        ],
    )  # fmt: skip
    def test_has_its_two_largest_units(self, of: float, words: str) -> None:
        assert span(of) == words

    @given(spans)
    @example(59_999_999_999)
    @example(86_399_999_999_999)
    def test_is_truncated_by_less_than_its_smallest_unit(self, of: int) -> None:
        words = nanosecond_span(of)
        (number, unit), *_ = parts_of(words)
        second = {"m": "s", "h": "m", "d": "h" if number < 100 else "d"}.get(unit, unit)
        smallest = UNITS["s"] // 10 if 1e9 <= of < 1e10 else UNITS[second]
        assert 0 <= of - nanoseconds(words) < smallest

    @given(spans)
    def test_never_has_sixty_of_a_unit(self, of: int) -> None:
        largest = {"ns": 999, "µs": 999, "ms": 999, "s": 59, "m": 59, "h": 23}
        assert all(
            number <= largest.get(unit, number) for number, unit in parts_of(nanosecond_span(of))
        )

    @given(spans, spans)
    def test_is_monotonic(self, one: int, other: int) -> None:
        shorter, longer = sorted((one, other))
        assert nanoseconds(nanosecond_span(shorter)) <= nanoseconds(nanosecond_span(longer))

    @given(spans.filter(bool))
    def test_may_be_negative(self, of: int) -> None:
        assert nanosecond_span(-of) == f"-{nanosecond_span(of)}"

    def test_is_zero_after_a_clock_correction(self) -> None:
        assert span(-3.5) == "0s"

    @pytest.mark.parametrize("of", [inf, -inf, nan])
    def test_is_unknown_if_not_finite(self, of: float) -> None:
        assert span(of) == "unknown"


class TestAge:
    @pytest.mark.parametrize(
        ("of", "words"),
        [
            (-5, "0s"), (0.4, "0s"), (42.9, "42s"), (60, "1m"), (301, "5m"), (3599, "59m"),
            (3600, "1h"), (11_520, "3h 12m"), (86_400, "1d"), (1_051_200, "12d 4h"),
            (400 * 86_400 + 7200, "400d"),
        ],
    )  # fmt: skip
    def test_has_no_seconds_from_a_minute_on(self, of: float, words: str) -> None:
        assert age(of) == words

    @given(seconds)
    def test_has_at_most_seven_characters(self, of: float) -> None:
        assert len(age(of)) <= 7

    @given(seconds.filter(lambda of: of >= 60))
    def test_stays_the_same_within_a_minute(self, of: float) -> None:
        assert age(of // 60 * 60) == age(of // 60 * 60 + 59.9)

    @given(seconds, seconds)
    def test_is_monotonic_in_age(self, one: float, other: float) -> None:
        younger, older = sorted((one, other))
        assert nanoseconds(age(younger)) <= nanoseconds(age(older))

    @pytest.mark.parametrize(
        ("before", "words"),
        [(-5.0, "just now"), (0.9, "just now"), (2.0, "2s ago"), (301.0, "5m ago")],
    )
    def test_of_a_moment_says_ago(self, before: float, words: str) -> None:
        assert ago(NOON - timedelta(seconds=before), NOON) == words


class TestSize:
    @pytest.mark.parametrize(
        ("of", "words"),
        [
            (0, "0B"), (999, "999B"), (1000, "1kB"), (1536, "1.5kB"), (9_960, "10kB"),
            (12_345_678, "12MB"), (999_600_000, "1GB"), (3 * 10**12, "3TB"), (-1, "0B"),
        ],
    )  # fmt: skip
    def test_of_stored_or_sent_bytes_is_decimal(self, of: float, words: str) -> None:
        assert size(of) == words

    @pytest.mark.parametrize(
        ("of", "words"),
        [
            (0, "0B"), (999, "999B"), (1000, "1KiB"), (1536, "1.5KiB"), (210 * MIB, "210MiB"),
            (1023 * MIB, "1GiB"), (GIB, "1GiB"), (1.5 * KIB * GIB, "1.5TiB"),
        ],
    )  # fmt: skip
    def test_of_memory_is_binary(self, of: float, words: str) -> None:
        assert memory_size(of) == words

    @given(counts)
    def test_is_accurate_to_five_percent(self, of: float) -> None:
        assert bytes_of(size(of), DECIMAL) == pytest.approx(of, rel=0.05, abs=0.5)
        assert bytes_of(memory_size(of), BINARY) == pytest.approx(of, rel=0.05, abs=0.5)

    @given(counts, counts)
    def test_is_monotonic_in_size(self, one: float, other: float) -> None:
        smaller, larger = sorted((one, other))
        assert bytes_of(size(smaller), DECIMAL) <= bytes_of(size(larger), DECIMAL)
        assert bytes_of(memory_size(smaller), BINARY) <= bytes_of(memory_size(larger), BINARY)
