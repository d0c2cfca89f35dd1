"""Jobs of other consoles, from the reader to the list."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.operations.jobs.job import JobStatus
from pixel_tui.operations.jobs.reader import JobReader, StackJobs
from pixel_tui.operations.operator import Operator
from pixel_tui.settings import state_folder
from screens.changes import console_jobs, read_only_jobs
from screens.changes.console_jobs import ConsoleJobs
from screens.changes.read_only_jobs import ReadOnlyJobs
from tests.builders.job import COMMAND, NOW


class QuickReader:
    """Finds a job as soon as it starts, and notifies on its own thread."""

    def __init__(self, changed: Callable[[], None], seen: JobStatus) -> None:
        self._changed = changed
        self.latest = StackJobs((seen,))

    def start(self) -> None:
        self._changed()


def reading(quick: Callable[[Callable[[], None]], QuickReader]) -> ReadOnlyJobs:
    return ReadOnlyJobs(lambda changed: cast("JobReader", quick(changed)), SystemClock())


def operating(quick: Callable[[Callable[[], None]], QuickReader]) -> ConsoleJobs:
    operator = SimpleNamespace(jobs=(), supervise=lambda changed, _found: quick(changed))
    return ConsoleJobs(lambda: cast("Operator", operator), COMMAND, SystemClock(), state_folder())


@pytest.mark.parametrize("make", [reading, operating])
async def test_jobs_found_at_the_first_check_are_shown(
    make: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = cast("JobStatus", SimpleNamespace(id="1", started_at=NOW))
    jobs = make(lambda changed: QuickReader(changed, there))
    shown: list[Any] = []
    # As if the event loop ran at that moment.
    for module in (read_only_jobs, console_jobs):
        monkeypatch.setattr(module, "call_on_loop", lambda listener: listener)
    jobs.on_change(lambda: shown.append(jobs.statuses()))
    await asyncio.to_thread(jobs.watch_jobs)
    assert [[job.id for job in found] for found in shown] == [[there.id]]
