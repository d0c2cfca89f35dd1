"""Downtimes of services: measured, recorded, and shown in the next plan."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.facts.live import past_downtimes
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.downtime import DowntimeMeter
from pixel_tui.operations.jobs.folder import JobFolder
from pixel_tui.operations.jobs.job import Downtime
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.stack.model.container import ContainerState, Health, HealthStatus
from pixel_tui.stack.model.snapshot import Connection
from pixel_tui.text import SafeText
from tests.builders.job import (
    COMMAND,
    ENGINE,
    NOW,
    Desk,
    FakeObserver,
    agent,
    desk,
    observer,
    restarted_agent,
    runner,
)

__all__ = ["desk", "observer", "runner"]

DOWN = agent(state=ContainerState.EXITED, exit_code=0)


class Measured:
    """A restart of the agent, second by second."""

    def __init__(self, desk: Desk) -> None:
        self.observer = desk.observer
        self.clock = FixedClock(NOW)
        self._downtime = DowntimeMeter(desk.plan().checks_after, desk.observer, self.clock)

    def after(self, seconds: float, *containers: object, **engine: Connection) -> None:
        self.clock.advance(seconds)
        self.observer.show(*containers, engine=replace(ENGINE, **engine))  # type: ignore[arg-type]

    def step(self) -> None:
        self._downtime.begin_step()

    def downtimes(self) -> dict[str, float]:
        return {item.service: item.seconds for item in self._downtime.close()}


@pytest.fixture
def measured(desk: Desk) -> Measured:
    return Measured(desk)


def test_downtime_is_from_the_first_snapshot_without_the_service_to_the_next_with_it(
    measured: Measured,
) -> None:
    measured.after(2, DOWN)
    measured.after(1, restarted_agent(health=Health(HealthStatus.STARTING)))
    measured.after(3, restarted_agent())
    measured.after(9, restarted_agent())
    assert measured.downtimes() == {"agent": 4.0}


def test_a_restart_between_two_snapshots_counts_from_the_start_of_the_step(
    measured: Measured,
) -> None:
    measured.after(5, agent())
    measured.step()
    measured.after(0.5, restarted_agent())
    measured.after(9, restarted_agent())
    assert measured.downtimes() == {"agent": 0.5}


def test_a_service_that_is_still_down_is_not_counted(measured: Measured) -> None:
    measured.after(2, DOWN)
    assert measured.downtimes() == {}


def test_a_service_that_was_never_down_is_not_counted(measured: Measured) -> None:
    measured.after(2, agent())
    assert measured.downtimes() == {}


def test_a_stale_snapshot_is_no_downtime(measured: Measured) -> None:
    measured.after(2, DOWN, connection=Connection.LOST)
    assert measured.downtimes() == {}


def test_a_service_that_was_down_before_is_not_counted(desk: Desk) -> None:
    desk.observer.show(agent(health=Health(HealthStatus.UNHEALTHY)))
    measured = Measured(desk)
    measured.after(3, restarted_agent())
    assert measured.downtimes() == {}


def test_downtime_is_recorded_and_shown_in_the_next_plan(
    desk: Desk, observer: FakeObserver
) -> None:
    status = desk.run_to_end()
    (downtime,) = status.downtimes
    assert downtime.service == "agent"
    folder = JobFolder(desk.folder / "jobs")
    for at, seconds in enumerate((5.0, 6.0, 4.0), 1):
        output = folder.new_output(NOW + timedelta(days=400, seconds=at))
        later = replace(
            status, id=output.stem, output=output, downtimes=(Downtime(SafeText("agent"), seconds),)
        )
        folder.save(later, durable=False)
    down = past_downtimes(folder.path, observer.snapshot)
    assert down == {"agent": (4.0, 6.0, 5.0)}
    plan = plan_action(
        "restart", ["agent"], observer.snapshot, COMMAND, now=NOW, facts=Facts(downtimes=down)
    )
    (words,) = plan.interrupts
    assert words.endswith("again; was down 4s, 6s and 5s the last times")


def test_downtime_of_another_stack_is_not_shown(desk: Desk, observer: FakeObserver) -> None:
    desk.run_to_end()
    elsewhere = replace(observer.snapshot, project_name=SafeText("another"))
    assert past_downtimes(desk.folder / "jobs", elsewhere) == {}
    assert past_downtimes(Path("/nonexistent"), observer.snapshot) == {}
