"""Applies an environment with a deadline: it is rolled back unless it works and is confirmed.

Each step is recorded before it is done (`state.py`), so an apply whose process died can be rolled
back from any step. Rolling back twice does no harm.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pixel_tui.environment.apply.applied_services import POLL_SECONDS, AppliedServices
from pixel_tui.environment.apply.apply_request import (
    ApplyOutcome,
    ApplyRequest,
    EnvironmentFile,
    ProjectContainers,
    RunProgram,
)
from pixel_tui.environment.apply.confirmation import interrupted_hint
from pixel_tui.environment.apply.roll_back import RollBack
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.environment.storage.staging import digest
from pixel_tui.errors import ConsoleError, OperationError
from pixel_tui.humanize import span
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.watch.build_recorder import BuildObserver

COUNTDOWN_SECONDS: Final = (90, 60, 30, 20, 10, 5)
"""Seconds left at which a line is printed."""
HEALTH_CHECK_SECONDS: Final = 2.0
"""Between two health checks while waiting for the confirmation."""


class ApplyRunner:
    """Applies an environment, or rolls an interrupted apply back.

    Args:
        command: The compose command of the project.
        project: The project's name.
        path: The path of the file, for messages.
        file: The file.
        files: The records of the apply.
        containers: The project's containers.
        run: Runs programs.
        say: Prints a line.
        cancelled: Whether the apply was cancelled.
        pause: Sleeps for a number of seconds.
        build_observer: Records what images are built with.
    """

    def __init__(
        self,
        command: ComposeCommand,
        project: str,
        path: str,
        *,
        file: EnvironmentFile,
        files: ApplyFiles,
        containers: ProjectContainers,
        run: RunProgram,
        say: Callable[[str], None],
        cancelled: Callable[[], bool],
        pause: Callable[[float], None] = time.sleep,
        build_observer: BuildObserver | None = None,
    ) -> None:
        self._command = command
        self._project = project
        self._path = path
        self._file = file
        self._files = files
        self._containers = containers
        self._run = run
        self._services = AppliedServices(command, containers, run, say, pause)
        self._roll_back = RollBack(
            command,
            path,
            file=file,
            files=files,
            containers=containers,
            services=self._services,
            run=run,
            say=say,
        )
        self._say = say
        self._cancelled = cancelled
        self._pause = pause
        self._build_observer = build_observer
        self._reason = ""  # of the roll-back: a sentence and a space; empty if it is requested

    def apply(self, request: ApplyRequest) -> ApplyOutcome:
        """Save the file, recreate what it changes, watch, and wait for the confirmation.

        Raises:
            ConsoleError: It failed before anything was changed.
        """
        state = self._prepare(request)
        try:
            outcome = self._run_steps(state, request)
        except ConsoleError as error:
            self._say(str(error))
            self._reason = f"{error.what.rstrip('.')}. "
            saved = digest(self._file.read()) != request.expected_sha256
            outcome = ApplyOutcome.UNHEALTHY if saved else ApplyOutcome.NOTHING_CHANGED
        if outcome is ApplyOutcome.SUCCESS:
            self._files.clear()
            return outcome
        return self._roll_back.run(outcome, self._reason)

    def roll_back(self) -> ApplyOutcome:
        """Roll back an apply whose process died.

        Raises:
            OperationError: There is none.
            ConsoleError: Its record can't be read.
        """
        state = self._files.interrupted()
        if state is None:
            raise OperationError(
                "No apply was interrupted here.", hint="Wait for a running one, or cancel it."
            )
        self._say(f"It was interrupted. {state.description}")
        return self._roll_back.run(ApplyOutcome.SUCCESS)

    def _prepare(self, request: ApplyRequest) -> ApplyState:
        if self._files.interrupted() is not None or self._files.is_running():
            raise OperationError(
                "The previous apply was not finished.",
                on=self._path,
                hint=interrupted_hint(self._command.typed),
            )
        now = self._file.read()
        if digest(now) != request.expected_sha256:
            raise OperationError(
                "The file has changed since the plan was made; nothing was saved.",
                on=self._path,
                hint="Open it in the editor again: it merges.",
            )
        state = ApplyState(
            phase=Phase.PREPARED,
            file=self._path,
            project=self._project,
            old=request.expected_sha256,
            new=digest(request.content),
            recreate=request.recreate,
            rebuild=request.rebuild,
            restart=request.restart,
            joined=request.joined,
            unhealthy_before=self._unhealthy(request),
            scales=request.scales,
            providers=request.providers,
            images=self._containers.images((*request.recreate, *request.rebuild)),
            networks={name: self._containers.network_id(name) for name in request.networks},
            process=this_process(),
            started_at=time.time(),
        )
        self._files.remove_confirmation()
        try:
            self._files.save_previous(now or b"")
            self._files.reserve_space(len(now or b"") + len(request.content))
            self._files.write(state)
        except ConsoleError:
            self._files.discard()
            raise
        return state

    def _unhealthy(self, request: ApplyRequest) -> tuple[str, ...]:
        recreated = {*request.recreate, *request.rebuild}
        restarted = dict.fromkeys((*request.restart, *request.joined))
        names = [name for name in restarted if name not in recreated]
        return tuple(name for name in names if self._services.health((name,)).failure)

    def _run_steps(self, state: ApplyState, request: ApplyRequest) -> ApplyOutcome:
        self._enter_phase(state, Phase.SAVING)
        self._file.save(request.content, expected_sha256=request.expected_sha256)
        self._say(f"Saved {self._path}; the previous version is in the history.")
        if request.rebuild and not self._cancelled():
            self._enter_phase(state, Phase.BUILDING)
            if not self._build(request.rebuild):
                return self._stop_early("The build failed")
        if self._cancelled():
            return self._stop_early("")
        # Check before anything is stopped.
        networks = self._services.existing_networks(state.networks)
        if reason := self._services.network_removal_problem(networks, state.services):
            return self._stop_early(reason)
        state = self._enter_phase(state, Phase.STARTING)
        if reason := self._services.remove_networks(networks, state.services):
            return self._stop_early(reason)
        if not self._services.recreate(state):
            return self._stop_early("The containers could not be recreated")
        self._enter_phase(state, Phase.WATCHING)
        if failure := self._services.watch(state.expected_healthy, cancelled=self._cancelled):
            return self._stop_early(failure)
        return self._wait_for_confirmation(state, request.confirm_seconds)

    def _build(self, services: Sequence[str]) -> bool:
        argv = self._command.compose_argv("build", "--", *services)
        building = self._build_observer.before(argv) if self._build_observer is not None else None
        done = self._run(argv, apart=False) == 0
        if self._build_observer is not None:
            self._build_observer.after(building, done=done)
        return done

    def _stop_early(self, reason: str) -> ApplyOutcome:
        outcome = ApplyOutcome.CANCELLED if self._cancelled() else ApplyOutcome.UNHEALTHY
        self._reason = "Cancelled. " if outcome is ApplyOutcome.CANCELLED else f"{reason}. "
        self._say(self._reason.rstrip())
        return outcome

    def _wait_for_confirmation(self, state: ApplyState, confirm_seconds: float) -> ApplyOutcome:
        """Wait for the confirmation, without a race between it and the roll-back."""
        outcome = self._count_down(state, confirm_seconds)
        if outcome is ApplyOutcome.SUCCESS:
            return outcome
        # The confirming process checks afterwards if this still waits: one of both sees the other.
        self._enter_phase(state, Phase.ROLLING_BACK)
        return self._keep() if self._files.is_confirmed(state.token) else outcome

    def _count_down(self, state: ApplyState, confirm_seconds: float) -> ApplyOutcome:
        end = time.monotonic() + confirm_seconds
        self._files.write(
            replace(state, phase=Phase.WAITING, deadline=time.time() + confirm_seconds)
        )
        self._say(
            f"It works. Confirm within {span(confirm_seconds)} to keep it: "
            f"on the job's screen, or with `{self._command.typed.pixel_tui} env confirm`. "
            "Otherwise it is rolled back."
        )
        countdown = [second for second in COUNTDOWN_SECONDS if second < confirm_seconds]
        checked_at = time.monotonic()
        while (remaining := end - time.monotonic()) > 0:
            if self._files.is_confirmed(state.token):
                return self._keep()
            if self._cancelled():
                return self._stop_early("")
            if countdown and remaining <= countdown[0]:
                self._say(f"{span(countdown.pop(0))} left to confirm.")
            if time.monotonic() - checked_at >= HEALTH_CHECK_SECONDS:
                checked_at = time.monotonic()
                if failure := self._services.health(state.expected_healthy).failure:
                    return self._stop_early(failure)
            self._pause(min(POLL_SECONDS, remaining))
        self._reason = f"Not confirmed within {span(confirm_seconds)}. "
        self._say(self._reason.rstrip())
        return ApplyOutcome.UNCONFIRMED

    def _keep(self) -> ApplyOutcome:
        self._say("Confirmed: the new environment stays.")
        return ApplyOutcome.SUCCESS

    def _enter_phase(self, state: ApplyState, phase: Phase) -> ApplyState:
        updated = replace(state, phase=phase)
        self._files.write(updated)
        return updated
