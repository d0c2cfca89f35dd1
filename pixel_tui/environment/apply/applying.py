"""Commit-confirmed: a new environment stays if it works and somebody says so in time.

Each step is written down before it is done (`state.py`). Whoever finds an apply whose
process died can so put back what was before, wherever it stood; doing it twice does no harm.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pixel_tui.environment.apply.applied_services import PAUSE_SECONDS, AppliedServices
from pixel_tui.environment.apply.roll_back import RollBack
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.environment.apply.wanted import (
    Containers,
    Ending,
    EnvironmentFile,
    Run,
    WantedEnvironment,
)
from pixel_tui.environment.storage.staging import digest
from pixel_tui.errors import ConsoleError, OperationError
from pixel_tui.humanize import span
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.watch.build_recorder import BuildObserver

COUNTED_AT: Final = (90, 60, 30, 20, 10, 5)
"""At so many seconds left a line is printed."""
GLANCE_SECONDS: Final = 2.0
"""Between two looks at the health of what waits to be confirmed."""


class Applying:
    """Applies an environment, or puts the one of before back.

    Args:
        command: How compose and docker are called.
        project: The project's name.
        path: Where the file is, for messages.
        file: The file.
        files: Where it is written down how far it is.
        containers: What runs.
        run: What runs programs.
        say: Prints a line.
        cancelled: Whether somebody asked for it to be cancelled.
        pause: Waits for so many seconds.
        witness: What writes down what images were built with.
    """

    def __init__(
        self,
        command: ComposeCommand,
        project: str,
        path: str,
        *,
        file: EnvironmentFile,
        files: ApplyFiles,
        containers: Containers,
        run: Run,
        say: Callable[[str], None],
        cancelled: Callable[[], bool],
        pause: Callable[[float], None] = time.sleep,
        witness: BuildObserver | None = None,
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
        self._witness = witness
        self._why = ""  # it is rolled back: a sentence, and a space; empty where by hand

    def apply(self, wanted: WantedEnvironment) -> Ending:
        """Save it, make anew what it changes, watch, wait to be confirmed.

        Raises:
            ConsoleError: It failed before anything was changed.
        """
        state = self._begin(wanted)
        try:
            ending = self._try(state, wanted)
        except ConsoleError as error:
            self._say(str(error))
            self._why = f"{error.what.rstrip('.')}. "
            saved = digest(self._file.read()) != wanted.was
            ending = Ending.UNHEALTHY if saved else Ending.NOTHING_DONE
        if ending is Ending.KEPT:
            self._files.clear()
            return ending
        return self._roll_back.run(ending, self._why)

    def take_back(self) -> Ending:
        """Put back what was before an apply whose process died.

        Raises:
            OperationError: There is none.
            ConsoleError: It can't be read.
        """
        state = self._files.left()
        if state is None:
            raise OperationError(
                "No apply was interrupted here.", hint="Wait for a running one, or cancel it."
            )
        self._say(f"It was interrupted. {state.words}")
        return self._roll_back.run(Ending.KEPT)

    def _begin(self, wanted: WantedEnvironment) -> ApplyState:
        if self._files.left() is not None or self._files.under_way():
            raise OperationError(
                "The previous apply was not finished.",
                on=self._path,
                hint="Roll it back (`environment-roll-back`), or recreate the services that "
                "lack it, and keep it (`pixel-tui env confirm`).",
            )
        now = self._file.read()
        if digest(now) != wanted.was:
            raise OperationError(
                "The file has changed since the plan was made; nothing was saved.",
                on=self._path,
                hint="Open it in the editor again: it merges.",
            )
        state = ApplyState(
            phase=Phase.BEGUN,
            file=self._path,
            project=self._project,
            old=wanted.was,
            new=digest(wanted.content),
            recreate=wanted.recreate,
            rebuild=wanted.rebuild,
            restart=wanted.restart,
            joined=wanted.joined,
            unwell=self._unwell(wanted),
            scales=wanted.scales,
            providers=wanted.providers,
            images=self._containers.images((*wanted.recreate, *wanted.rebuild)),
            networks={name: self._containers.network_id(name) for name in wanted.networks},
            process=this_process(),
            began=time.time(),
        )
        self._files.forget_confirmation()
        try:
            self._files.keep_before(now or b"")
            self._files.keep_room(len(now or b"") + len(wanted.content))
            self._files.write(state)
        except ConsoleError:
            self._files.abandon()
            raise
        return state

    def _unwell(self, wanted: WantedEnvironment) -> tuple[str, ...]:
        made = {*wanted.recreate, *wanted.rebuild}
        restarted = dict.fromkeys((*wanted.restart, *wanted.joined))
        names = [name for name in restarted if name not in made]
        return tuple(name for name in names if self._services.wellness((name,)).ill)

    def _try(self, state: ApplyState, wanted: WantedEnvironment) -> Ending:
        self._enter(state, Phase.SAVING)
        self._file.save(wanted.content, was=wanted.was)
        self._say(f"Saved {self._path}; the previous version is in the history.")
        if wanted.rebuild and not self._cancelled():
            self._enter(state, Phase.BUILDING)
            if not self._build(wanted.rebuild):
                return self._ended_early("The build failed")
        if self._cancelled():
            return self._ended_early("")
        # Before anything is stopped: that it can't be removed would be found out too late.
        networks = self._services.existing_networks(state.networks)
        if why := self._services.why_networks_stay(networks, state.services):
            return self._ended_early(why)
        state = self._enter(state, Phase.STARTING)
        if why := self._services.remove_networks(networks, state.services):
            return self._ended_early(why)
        if not self._services.recreate(state):
            return self._ended_early("The containers could not be recreated")
        self._enter(state, Phase.WATCHING)
        if ill := self._services.watch(state.expected_well, cancelled=self._cancelled):
            return self._ended_early(ill)
        return self._wait(state, wanted.within)

    def _build(self, services: Sequence[str]) -> bool:
        argv = self._command.compose_argv("build", "--", *services)
        building = self._witness.before(argv) if self._witness is not None else None
        done = self._run(argv, apart=False) == 0
        if self._witness is not None:
            self._witness.after(building, done=done)
        return done

    def _ended_early(self, why: str) -> Ending:
        ending = Ending.CANCELLED if self._cancelled() else Ending.UNHEALTHY
        self._why = "Cancelled. " if ending is Ending.CANCELLED else f"{why}. "
        self._say(self._why.rstrip())
        return ending

    def _wait(self, state: ApplyState, within: float) -> Ending:
        """Until somebody confirms it; who was told that it stays is not told wrong."""
        ending = self._ask(state, within)
        if ending is Ending.KEPT:
            return ending
        # Whoever confirms looks behind that whether it still waits: one of both sees the other.
        self._enter(state, Phase.RETURNING)
        return self._kept() if self._files.confirmed(state.token) else ending

    def _ask(self, state: ApplyState, within: float) -> Ending:
        end = time.monotonic() + within
        self._files.write(replace(state, phase=Phase.WAITING, deadline=time.time() + within))
        self._say(
            f"It works. Confirm within {span(within)} to keep it: `c` on the job's screen, or "
            "`pixel-tui env confirm`. Otherwise it is rolled back."
        )
        counted = [second for second in COUNTED_AT if second < within]
        looked = time.monotonic()
        while (left := end - time.monotonic()) > 0:
            if self._files.confirmed(state.token):
                return self._kept()
            if self._cancelled():
                return self._ended_early("")
            if counted and left <= counted[0]:
                self._say(f"{span(counted.pop(0))} left to confirm.")
            if time.monotonic() - looked >= GLANCE_SECONDS:
                looked = time.monotonic()
                if ill := self._services.wellness(state.expected_well).ill:
                    return self._ended_early(ill)
            self._pause(min(PAUSE_SECONDS, left))
        self._why = f"Not confirmed within {span(within)}. "
        self._say(self._why.rstrip())
        return Ending.UNCONFIRMED

    def _kept(self) -> Ending:
        self._say("Confirmed: the new environment stays.")
        return Ending.KEPT

    def _enter(self, state: ApplyState, phase: Phase) -> ApplyState:
        entered = replace(state, phase=phase)
        self._files.write(entered)
        return entered
