"""Figures as short words."""

from datetime import UTC, datetime, timedelta

import pytest

from widgets.rows.figures import (
    NOTHING,
    cpu_share,
    moment,
    rate_pair,
    share,
    since,
    size,
    span,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0B"), (999, "999B"), (1000, "1.0K"), (1536, "1.5K"), (10_189, "10K"),
        (210 * MIB, "210M"), (1023 * MIB, "1.0G"), (1.5 * 1024**4, "1.5T"),
        (5000 * 1024**5, "5000P"),
    ],
)  # fmt: skip
def test_a_size_has_at_most_four_characters_of_number(count: float, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("cores", "words"),
    [(None, "–"), (0.0, "0.0%"), (0.003, "0.3%"), (0.099, "9.9%"), (0.12, "12%"), (1.87, "187%")],
)
def test_cpu_is_of_one_core(cores: float | None, words: str) -> None:
    assert cpu_share(cores) == words


def test_a_share_of_nothing_is_nothing() -> None:
    assert share(1, 4) == "25%"
    assert share(1, 0) == NOTHING


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((None, 5.0), "–"), ((5.0, None), "–"), ((0.4, 0.9), "0"), ((0.0, 300.0), "0B 300B"),
        ((1230.0, 300.0), "1.2K 300B"),
    ],
)  # fmt: skip
def test_rates_stand_in_pairs(pair: tuple[float | None, float | None], words: str) -> None:
    assert rate_pair(*pair) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0s"), (42.9, "42s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (11_520, "3h 12m"),
        (86_400, "1d"), (12 * 86_400 + 4 * 3600, "12d 4h"),
    ],
)  # fmt: skip
def test_a_span_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_what_never_was_is_a_dash() -> None:
    assert since(None, NOON) == NOTHING
    assert since(NOON - timedelta(minutes=5), NOON) == "5m"
    assert moment(None) == NOTHING


def test_a_moment_is_on_the_operators_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    local = NOON.astimezone()
    assert moment(NOON).startswith(f"{local:%Y-%m-%d %H:%M:%S}")
    assert moment(NOON)[-3] == ":"
