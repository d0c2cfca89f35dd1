"""Values read in the background for plans."""

import threading
from datetime import UTC, datetime

from pixel_tui.clock import FixedClock
from pixel_tui.errors import OperationError
from pixel_tui.facts.background import BackgroundValue
from tests.patience import PATIENCE


def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))


def test_a_value_read_in_time_is_returned() -> None:
    late = BackgroundValue("", clock(), 10)
    late.refresh(lambda: "here")
    assert late.get(PATIENCE) == "here"


def test_a_late_value_is_returned_the_next_time() -> None:
    late, gate = BackgroundValue("", clock(), 10), threading.Event()

    def slow() -> str:
        gate.wait(PATIENCE)
        return "here"

    late.refresh(slow)
    late.refresh(lambda: "never asked twice at once")
    assert late.get(0.0) == ""
    gate.set()
    assert late.get(PATIENCE) == "here"


def test_a_fresh_value_is_not_read_again() -> None:
    time = clock()
    late = BackgroundValue(0, time, 10)
    asked = iter(range(1, 9))
    for seconds, wanted in ((0, 1), (9, 1), (2, 2)):
        time.advance(seconds)
        late.refresh(lambda: next(asked))
        assert late.get(time.monotonic() + PATIENCE) == wanted


def test_without_keep_the_previous_value_is_dropped() -> None:
    time = clock()
    late, gate = BackgroundValue("", time, 10, keep=False), threading.Event()

    def slow() -> str:
        gate.wait(PATIENCE)
        return "new"

    late.refresh(lambda: "old")
    assert late.get(PATIENCE) == "old"
    time.advance(11)
    late.refresh(slow)
    assert late.get(0.0) == ""
    gate.set()
    assert late.get(time.monotonic() + PATIENCE) == "new"


def test_an_error_keeps_the_previous_value() -> None:
    time = clock()
    late = BackgroundValue("first", time, 10)

    def fails() -> str:
        raise OperationError("The engine can't be asked.")

    late.refresh(fails)
    assert late.get(PATIENCE) == "first"
