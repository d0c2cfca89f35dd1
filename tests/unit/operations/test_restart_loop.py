"""Containers in a restart loop: when they count as broken, and how they are reported."""

from datetime import timedelta

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.errors import EngineRefused
from pixel_tui.operations.jobs.expectations import ExpectationResult, ExpectationState
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.operations.jobs.proxy_probe import ProxyProbe
from pixel_tui.operations.jobs.restart_loop import LOOP_RESTARTS, is_looping, may_come_up
from pixel_tui.operations.jobs.verification import Timeouts, Verification
from pixel_tui.operations.planning.plan import Expectation, ExpectedState
from pixel_tui.redaction.redactor import MASK
from pixel_tui.stack.engine import http_probe
from pixel_tui.stack.model.container import Container, ContainerState, Health, HealthStatus
from pixel_tui.stack.model.snapshot import StackSnapshot
from tests.builders.actions import CHAIN, NOW, container, exited
from tests.builders.actions import stack as stack_of
from tests.builders.job import Desk, FakeObserver, desk, observer, restarted_agent, runner
from tests.patience import PATIENCE

__all__ = ["desk", "observer", "runner"]

SHORT_TIMEOUTS = Timeouts(
    settle=PATIENCE, deadline=PATIENCE, health=PATIENCE, loop=0.01, refresh=0.01
)
DOWN = {"state": ContainerState.RESTARTING, "exit_code": 1, "restarts": LOOP_RESTARTS}
UP = ContainerState.RUNNING
YOUNG = NOW - timedelta(seconds=20)


@pytest.mark.parametrize(
    ("changes", "loops"),
    [
        ({}, True),
        ({"exit_code": 137, "oom_killed": True}, True),
        ({"state": UP, "exit_code": None}, True),
        ({"exit_code": 0}, False),
        ({"exit_code": None}, False),
        ({"restarts": LOOP_RESTARTS - 1}, False),
        ({"state": ContainerState.EXITED}, False),
    ],
)
def test_a_loop_is_a_container_that_fails_repeatedly(
    changes: dict[str, object], *, loops: bool
) -> None:
    assert is_looping(container("api", 1, **(DOWN | changes))) is loops


def chain(*changed: Container) -> tuple[str, StackSnapshot]:
    """web depends on api, which loops, and api on postgres; landing has no dependencies."""
    api = container("api", 1, **DOWN)
    known = {item.name: container(item.name) for item in CHAIN} | {"api": api}
    every = known | {item.service: item for item in changed}
    return api.id, stack_of(*every.values(), specs=CHAIN)


@pytest.mark.parametrize(
    ("changed", "planned", "may"),
    [
        ((), ("api",), False),
        ((), ("api", "landing", "postgres"), False),
        ((container("postgres", started_at=YOUNG),), ("api",), True),
        ((container("postgres", health=Health(HealthStatus.STARTING)),), ("api",), True),
        ((container("postgres", 1, **(DOWN | {"restarts": 1})),), ("api",), True),
        ((container("postgres", 1, **DOWN),), ("api",), False),
        ((container("postgres", 1, **(DOWN | {"started_at": YOUNG, "state": UP})),),
         ("api",), False),
        ((exited("postgres"),), ("api",), False),
        ((container("landing", started_at=YOUNG),), ("api",), False),
        ((container("landing", started_at=YOUNG),), ("api", "landing"), True),
        ((container("web", started_at=YOUNG),), ("api",), False),
    ],
)  # fmt: skip
def test_a_loop_may_wait_for_a_starting_service(
    changed: tuple[Container, ...], planned: tuple[str, ...], *, may: bool
) -> None:
    api, snapshot = chain(*changed)
    assert may_come_up(api, planned, snapshot) is may


def verification_of(clock: FixedClock, observer: FakeObserver) -> Verification:
    patience = Timeouts(settle=5, deadline=60, loop=5)
    expected = Expectation(restarted_agent().service, ExpectedState.RUNNING)
    return Verification([expected], observer, clock, patience, ProxyProbe((), http_probe))


def test_a_loop_times_out_across_its_restarts() -> None:
    clock = FixedClock(NOW)
    up = {"state": UP, "exit_code": None, "health": None}
    observer = FakeObserver(chain()[1])
    verification = verification_of(clock, observer)

    def seen(seconds: float, **changes: object) -> ExpectationResult:
        clock.advance(seconds)
        observer.show(restarted_agent(**(DOWN | changes)))
        (finding,) = verification.check()
        return finding

    assert seen(0, restarts=LOOP_RESTARTS - 1).state is ExpectationState.WAITING
    assert seen(3).state is ExpectationState.WAITING
    assert seen(3, **up).state is ExpectationState.WAITING, "it has not lasted"
    assert seen(1).state is ExpectationState.WAITING
    assert seen(2).state is ExpectationState.BROKEN
    assert seen(1, restarts=0, **up).state is ExpectationState.WAITING, "it was started manually"
    assert seen(1).state is ExpectationState.WAITING, "and it fails again"


def broken_loop(desk: Desk) -> JobStatus:
    looping = restarted_agent(**DOWN, restart_policy="always")
    desk.runner.on_start = lambda: desk.observer.show(looping)
    return desk.operator(SHORT_TIMEOUTS).run(desk.plan()).wait(PATIENCE)


def test_the_job_fails_with_the_last_line_of_its_log(desk: Desk) -> None:
    desk.observer.engine.write(
        restarted_agent().id, 1, "starting", "DB_PASSWORD=hunter2hunter2 \x1b[2Jis bad", ""
    )
    status = broken_loop(desk)
    assert status.state is JobState.FAILED
    assert status.message == (
        "agent is in a restart loop (exit code 1); check its logs."
        f" Last log lines: DB_PASSWORD={MASK} is bad."
    )
    output = status.output.read_text()
    assert "# pixel-agent-1: starting\n" in output
    assert "hunter2" not in output


def test_an_unreadable_log_is_reported(desk: Desk) -> None:
    desk.observer.engine.refusal = EngineRefused(501, "it is kept nowhere")
    assert broken_loop(desk).message.endswith("Its logs can't be read: it is kept nowhere.")


def test_a_loop_without_logs_fails_as_well(desk: Desk) -> None:
    assert broken_loop(desk).message.endswith("(exit code 1); check its logs.")
