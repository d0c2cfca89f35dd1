"""Computing rates from counters, and smoothing them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_tui.stack.model.container import Usage
from pixel_tui.stack.model.json_value import load_object
from pixel_tui.stack.model.usage_parse import Sample, parse_sample, usage_between

DATA = Path(__file__).parents[2] / "data"
START = Sample(datetime(2026, 1, 1, tzinfo=UTC), 0, 1000, 0, 0, 0, 0, 3)


def later(seconds: float, **changes: int) -> Sample:
    return replace(START, at=START.at + timedelta(seconds=seconds), **changes)


def test_the_first_sample_has_memory_and_no_rates() -> None:
    figures = usage_between(None, START, limit=4000, shown=None)
    assert figures == Usage(memory=1000, memory_limit=4000, processes=3)


def test_cpu_is_in_cores() -> None:
    figures = usage_between(START, later(2, cpu=3_000_000_000), limit=None, shown=None)
    assert figures.cpu == pytest.approx(1.5)


def test_transfers_are_bytes_per_second() -> None:
    figures = usage_between(
        START, later(2, received=2048, sent=1024, read=512, written=0), limit=None, shown=None
    )
    assert (figures.received, figures.sent, figures.read, figures.written) == (1024, 512, 256, 0)


def test_a_new_value_is_smoothed_from_the_shown_one() -> None:
    figures = usage_between(START, later(1, cpu=1_000_000_000), limit=None, shown=Usage(cpu=0.0))
    assert figures.cpu is not None
    assert 0.5 < figures.cpu < 1.0


def test_an_idle_container_settles_at_zero() -> None:
    figures = usage_between(START, later(1), limit=None, shown=Usage(cpu=0.0002, received=0.00001))
    assert figures.cpu == 0.0
    assert figures.received == 0.0


def test_counters_that_decrease_mean_a_new_run() -> None:
    before = replace(START, cpu=10_000_000_000)
    assert usage_between(before, later(1, cpu=5), limit=None, shown=None).cpu is None


def test_two_samples_of_a_real_engine_give_stats() -> None:
    for folder in DATA.glob("engine-*"):
        first, second = (
            parse_sample(load_object((folder / f"stats-{number}.json").read_bytes()))
            for number in (1, 2)
        )
        assert first is not None
        assert second is not None
        figures = usage_between(first, second, limit=64 * 1024 * 1024, shown=None)
        assert figures.cpu is not None
        assert 0 <= figures.cpu < 2
        assert 0 < figures.memory < 64 * 1024 * 1024
        assert figures.received is not None


def test_reclaimable_page_cache_is_not_memory_in_use() -> None:
    for name in ("inactive_file", "total_inactive_file"):
        sample = parse_sample(
            {
                "read": "2026-01-01T00:00:00Z",
                "memory_stats": {"usage": 1000, "stats": {name: 400}},
            }
        )
        assert sample is not None
        assert sample.memory == 600


def test_a_stopped_container_has_no_sample() -> None:
    assert parse_sample({"read": "0001-01-01T00:00:00Z"}) is None
