"""Measure what a change costs beside its bare command: `python -m benchmarks.changes`."""

import os
import subprocess
import sys
import time
from typing import Final

from benchmarks.figures import Figure, median
from benchmarks.measures import MeasureFailed, console
from benchmarks.one_stack import measure_one_stack
from benchmarks.screen import Screen
from benchmarks.stack import Stack
from pixel_tui.clock import SystemClock
from pixel_tui.console.observer import live_observer
from pixel_tui.facts.live import live_facts
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.operations.jobs.verification import Timeouts
from pixel_tui.operations.operator import Operator
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import Endpoint
from pixel_tui.stack.programs.process import ProcessRunner
from pixel_tui.stack.watch.watcher import Watcher
from pixel_tui.text import plain
from tests.builders.sessions import session
from tests.engine.private_engine import BASE_IMAGE

SERVICES: Final = 12
OVERHEAD_AIM: Final = 0.5
PLAN_AIM: Final = 300.0
PATIENCE: Final = 30.0
AT_ONCE: Final = Timeouts(settle=0.0)
"""How long a container is watched before it is believed is no overhead, but wanted."""


def quick_services(_pipes: str) -> dict[str, dict[str, object]]:
    """Services that stop at once."""
    quick: dict[str, object] = {
        "image": BASE_IMAGE,
        "command": ["sh", "-c", 'trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done'],
    }
    return {f"svc-{number:03}": dict(quick) for number in range(1, SERVICES + 1)}


class Changes:
    """Restarts of one service, by the operator and by the bare command in turns.

    Args:
        stack: The stack.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._clock = SystemClock()
        self._folder = stack.home / "state" / "pixel-tui"
        host = stack.engine.host
        self._command = find_command(
            stack.env, host=host, directory=str(stack.project.directory), project=stack.project.name
        )
        project = ComposeProject(self._command, stack.env)
        engine = DockerEngine(Endpoint(host, plain("--host")))
        self._observer: Watcher = live_observer(engine, project, session(folder=self._folder))
        self._operator = Operator(
            ProcessRunner(stack.env),
            self._observer,
            self._command,
            self._folder,
            self._clock,
            timeouts=AT_ONCE,
            locks=stack.home / "locks",
        )

    def measure(self, rounds: int) -> list[Figure]:
        """What a restart takes, bare and as a job."""
        self._observer.start()
        try:
            self._wait_until_read()
            bare, whole, before, planning = [], [], [], []
            for _ in range(rounds):
                bare.append(self._bare())
                planned, took, status = self._as_job()
                planning.append(planned * 1000)
                whole.append(took)
                before.append(_command_seconds(status))
        finally:
            self._operator.close()
            self._observer.close()
        over = [own - other for own, other in zip(whole, bare, strict=True)]
        around = [own - inner for own, inner in zip(whole, before, strict=True)]
        return [
            Figure("bare command, median", median(bare), "s"),
            Figure("as a job, verified, median", median(whole), "s"),
            Figure("overhead over the bare command, median", median(over), "s", OVERHEAD_AIM),
            Figure("overhead over the bare command, largest", max(over), "s"),
            Figure("time of the job around its command, median", median(around), "s", OVERHEAD_AIM),
            Figure("plan made, facts included, median", median(planning), "ms", PLAN_AIM),
        ]

    def _plan(self) -> Plan:
        snapshot = self._observer.snapshot
        facts = live_facts(self._command, session(environment=os.environ, folder=self._folder))(
            snapshot
        )
        return plan_action(
            "restart", ["svc-001"], snapshot, self._command, now=self._clock.now(), facts=facts
        )

    def _bare(self) -> float:
        """The command of the plan, as a shell runs it."""
        (step,) = self._plan().steps
        began = time.perf_counter()
        subprocess.run(
            step.command,
            check=True,
            capture_output=True,
            cwd=self._command.directory,
            env={**self._stack.env, **self._command.environment},
        )
        took = time.perf_counter() - began
        self._observer.refresh()
        time.sleep(1.5)  # the next plan is made from what is seen by then
        return took

    def _as_job(self) -> tuple[float, float, JobStatus]:
        began = time.perf_counter()
        plan = self._plan()
        planned = time.perf_counter()
        status = self._operator.run(plan).wait(PATIENCE)
        ended = time.perf_counter()
        if status.state is not JobState.SUCCEEDED:
            raise MeasureFailed(f"a restart {status.state.value}: {status.message}")
        return planned - began, ended - planned, status

    def _wait_until_read(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._observer.snapshot.complete:
            if time.monotonic() > deadline:
                raise MeasureFailed("the stack was not read")
            time.sleep(0.05)


def _command_seconds(status: JobStatus) -> float:
    return sum(item.seconds or 0.0 for item in status.step_times[: len(status.plan.steps)])


def key_to_plan(stack: Stack, presses: int) -> list[Figure]:
    """Milliseconds from the key to the whole plan on the screen."""
    took = []
    with console(stack) as terminal:
        screen = Screen()
        for chunk in terminal.record(4):
            screen.show(chunk.data)
        for _ in range(presses):
            pressed = terminal.press("r")
            shown = None
            for chunk in terminal.record(1):
                screen.show(chunk.data)
                if shown is None and any("Run it" in line for line in screen.lines):
                    shown = chunk.at
            if shown is None:
                raise MeasureFailed("a plan was not on the screen within a second")
            took.append((shown - pressed) * 1000)
            terminal.press("\x1b")
            for chunk in terminal.record(0.5):
                screen.show(chunk.data)
    return [
        Figure("key to the plan on the screen, median", median(took), "ms", PLAN_AIM),
        Figure("key to the plan on the screen, slowest", max(took), "ms", PLAN_AIM),
    ]


def _measure(stack: Stack, rounds: int) -> list[Figure]:
    return [*Changes(stack).measure(rounds), *key_to_plan(stack, rounds)]


def main() -> int:
    """Measure and print."""
    return measure_one_stack(
        "changes",
        "Measures a restart as a job against the bare command, on an engine of its own with "
        f"{SERVICES} services.",
        quick_services,
        _measure,
        rounds=10,
    )


if __name__ == "__main__":
    sys.exit(main())
