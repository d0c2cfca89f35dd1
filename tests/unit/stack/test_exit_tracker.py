"""Distinguishing stopped containers from those that exited, by engine events."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.facts.past_stops import past_stops
from pixel_tui.operations.jobs.folder import JobFolder, jobs_path
from pixel_tui.operations.jobs.job import JobState, JobStatus, StepTime
from pixel_tui.stack.model.container import ContainerState
from pixel_tui.stack.model.exit_tracker import ExitTracker, RecordedStop
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.text import SafeText, plain
from tests.builders.actions import NOW, container, exited, plan, spec, stack

CONTAINER = exited("api", exit_code=3, finished_at=NOW)
STOP = ("kill 15", "die", "stop")


def ends_after(*actions: str, apart: float = 0.1) -> ExitTracker:
    ends = ExitTracker()
    for number, words in enumerate(actions):
        action, _, signal = words.partition(" ")
        detail = plain(f"signal {signal}") if signal else plain("")
        at = NOW + timedelta(seconds=number * apart)
        ends.record(
            StackEvent(at, plain(action), CONTAINER.id, CONTAINER.name, SafeText("api"), detail)
        )
    return ends


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        (STOP, True),
        (("kill 15", "kill 9", "die", "stop"), True),
        (("kill 3", "die", "stop"), True),  # its own stop signal
        (("kill 9", "die"), True),
        (("kill SIGKILL", "die"), True),
        (("die",), False),
        (("kill 1", "die"), False),
        (("oom", "die"), False),
        ((*STOP, "start", "die"), False),
        (("kill 15", "start", "die"), False),
        ((), None),
        ((*STOP, "start"), None),
    ],
)
def test_a_stop_is_distinguished_from_an_exit(actions: tuple[str, ...], told: bool | None) -> None:
    found = ends_after(*actions).annotate(CONTAINER)
    assert found.was_stopped is told
    assert found.stopped_on_purpose is bool(told)


def test_an_old_signal_is_not_the_reason_of_an_exit() -> None:
    finished = replace(CONTAINER, finished_at=NOW + timedelta(minutes=1))
    assert ends_after("kill 15", "die", apart=60.0).annotate(finished).was_stopped is False


def test_a_later_unobserved_exit_is_unknown() -> None:
    later = replace(CONTAINER, finished_at=NOW + timedelta(minutes=5))
    assert ends_after(*STOP).annotate(later) is later
    running = replace(later, state=ContainerState.RUNNING, exit_code=None)
    assert ends_after(*STOP).annotate(running) is running


def test_a_running_container_has_its_previous_exit() -> None:
    running = replace(CONTAINER, state=ContainerState.RUNNING, exit_code=None)
    ends = ExitTracker()

    def hear(action: str, code: int | None = None) -> None:
        name = CONTAINER.name
        ends.record(
            StackEvent(NOW, plain(action), CONTAINER.id, name, SafeText("api"), exit_code=code)
        )

    for action, code in (("oom", None), ("die", 137), ("start", None)):
        hear(action, code)
    told = ends.annotate(running)
    assert (told.previous_exit, told.previous_oom_killed) == ("exit code 137 (out of memory)", True)
    hear("die", 1)
    hear("start")
    told = ends.annotate(running)
    assert (told.previous_exit, told.previous_oom_killed) == ("exit code 1", False)
    hear("destroy")
    assert ends.annotate(running) is running


def test_an_unobserved_exit_is_judged_by_code_and_restart_policy() -> None:
    assert exited("api", exit_code=143).stopped_on_purpose
    assert not exited("api", exit_code=137).stopped_on_purpose
    assert exited("api", exit_code=137, restart_policy=SafeText("always")).stopped_on_purpose
    seen = ends_after("die")
    assert not seen.annotate(exited("api", exit_code=143, finished_at=NOW)).stopped_on_purpose
    assert seen.annotate(exited("api", exit_code=0, finished_at=NOW)).stopped_on_purpose, (
        "it has done its work"
    )


def test_a_recorded_stop_explains_an_unobserved_exit() -> None:
    asked: list[str] = []

    def stops(project: str) -> tuple[RecordedStop, ...]:
        asked.append(project)
        return (STOPPED,)

    ends = ExitTracker(stops)
    plain_ends = (exited("api", exit_code=0, finished_at=NOW), exited("web", exit_code=143))
    ends.check_recorded_stops("pixel", plain_ends)
    assert not asked, "their codes say it"
    dead = exited("web", 2, exit_code=3, finished_at=NOW)
    early = exited("api", 3, exit_code=3, finished_at=NOW - timedelta(minutes=1))
    for _ in range(2):
        ends.check_recorded_stops("pixel", (CONTAINER, dead, early))
    assert asked == ["pixel"], "once for each end"
    assert ends.annotate(CONTAINER).stopped_on_purpose
    again = replace(CONTAINER, id="a" * 64, started_at=NOW)
    ends.check_recorded_stops("pixel", (again,))
    assert not ends.annotate(again).stopped_on_purpose, "it was started again since"
    assert not ends.annotate(dead).stopped_on_purpose
    assert not ends.annotate(early).stopped_on_purpose
    died = ends_after("die")
    died.check_recorded_stops("pixel", (CONTAINER,))
    assert not died.annotate(CONTAINER).stopped_on_purpose, "what was seen counts"


STOPPED = RecordedStop(frozenset({"api"}), NOW - timedelta(seconds=1), NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, 1),
        ({"action": "restart"}, 0),
        ({"project": SafeText("another")}, 0),
        ({"engine": SafeText("tcp://elsewhere:2375")}, 0),
    ],
)
def test_stops_of_this_project_and_engine_are_read_from_jobs(
    tmp_path: Path, changes: dict[str, object], found: int
) -> None:
    made = plan("stop", stack(container("api"), specs=(spec("api"),)), "api")
    begun = (StepTime(NOW, NOW + timedelta(seconds=2)),)
    ended = NOW + timedelta(seconds=3)
    folder = JobFolder(jobs_path(tmp_path))
    for number, times in enumerate((begun, ())):
        output = folder.path / f"20260301-12000{number}-abcdef.log"
        status = JobStatus(
            output.stem,
            replace(made, **changes),  # type: ignore[arg-type]
            output,
            JobState.SUCCEEDED,
            started_at=NOW,
            finished_at=ended,
            step_times=times,
        )
        folder.save(status, durable=False)
    stops = past_stops(made.engine, tmp_path)("pixel")
    assert stops == (RecordedStop(frozenset({"api"}), NOW, ended),) * found
