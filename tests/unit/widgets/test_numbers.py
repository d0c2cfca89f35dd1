"""Numbers and times as the text of a cell."""

from datetime import UTC, datetime, timedelta

import pytest

from widgets.rows.numbers import (
    NOTHING,
    cpu_share,
    moment,
    rate_pair,
    share,
    since,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


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
        ((1230.0, 300.0), "1.2kB 300B"),
    ],
)  # fmt: skip
def test_rates_stand_in_pairs(pair: tuple[float | None, float | None], words: str) -> None:
    assert rate_pair(*pair) == words


def test_what_never_was_is_a_dash() -> None:
    assert since(None, NOON) == NOTHING
    assert since(NOON - timedelta(minutes=5), NOON) == "5m"
    assert moment(None) == NOTHING


def test_a_moment_is_on_the_operators_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    local = NOON.astimezone()
    assert moment(NOON).startswith(f"{local:%Y-%m-%d %H:%M:%S}")
    assert moment(NOON)[-3] == ":"
