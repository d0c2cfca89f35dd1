"""Commit-confirmed: a new environment stays if it works and somebody says so in time.

Each step is written down before it is done (`state.py`). Whoever finds an apply whose
process died can so put back what was before, wherever it stood; doing it twice does no harm.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.environment.apply.wanted import (
    Containers,
    Ending,
    EnvironmentFile,
    Run,
    WantedEnvironment,
    Wellness,
)
from pixel_tui.environment.storage.staging import digest
from pixel_tui.errors import ConsoleError, EngineError, FileError, OperationError
from pixel_tui.humanize import span
from pixel_tui.stack.compose.command import ComposeCommand, shown
from pixel_tui.stack.watch.build_witness import Witness

COUNTED_AT: Final = (90, 60, 30, 20, 10, 5)
"""At so many seconds left a line is printed."""
PAUSE_SECONDS: Final = 0.2
AGAIN: Final = (
    "`environment-roll-back` tries it again; or `recreate`, then `pixel-tui env confirm`."
)
BACK: Final = "Rolled back: the environment of before is back"
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
        cancelled: Whether somebody wishes that it be cancelled.
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
        witness: Witness | None = None,
    ) -> None:
        self._command = command
        self._project = project
        self._path = path
        self._file = file
        self._files = files
        self._containers = containers
        self._run = run
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
        return self._go_back(ending)

    def take_back(self) -> Ending:
        """Put back what was before an apply whose process died.

        Raises:
            OperationError: There is none.
            ConsoleError: It can't be read.
        """
        state = self._files.left()
        if state is None:
            raise OperationError(
                "No apply was left half done here.", remedy="One that runs is cancelled, or ends."
            )
        self._say(f"It was left half done. {state.words}")
        return self._go_back(Ending.KEPT)

    def _begin(self, wanted: WantedEnvironment) -> ApplyState:
        if self._files.left() is not None or self._files.under_way():
            raise OperationError(
                "An apply before this one was not finished.",
                on=self._path,
                remedy="Take it back (`environment-roll-back`),"
                " or recreate what did not get it, and keep it (`pixel-tui env confirm`).",
            )
        now = self._file.read()
        if digest(now) != wanted.was:
            raise OperationError(
                "The file has changed since the plan was made; nothing was saved.",
                on=self._path,
                remedy="Open it in the editor again: it merges.",
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
        return tuple(name for name in names if self._look((name,)).ill)

    def _try(self, state: ApplyState, wanted: WantedEnvironment) -> Ending:
        self._enter(state, Phase.SAVING)
        self._file.save(wanted.content, was=wanted.was)
        self._say(f"Saved {self._path}; what it was is in the history.")
        if wanted.rebuild and not self._cancelled():
            self._enter(state, Phase.BUILDING)
            if not self._build(wanted.rebuild):
                return self._ended_early("The build failed")
        if self._cancelled():
            return self._ended_early("")
        # Before anything is stopped: that it can't be removed would be found out too late.
        networks = self._there(state.networks)
        if why := self._in_the_way(networks, state.services):
            return self._ended_early(why)
        state = self._enter(state, Phase.STARTING)
        if why := self._remove(networks, state.services):
            return self._ended_early(why)
        if not self._up(state):
            return self._ended_early("The containers could not be made anew")
        self._enter(state, Phase.WATCHING)
        if ill := self._watch(state.expected_well, cancelled=self._cancelled):
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
            f"It works. Confirm within {span(within)} that it stays: `c` on the job's screen, or"
            " `pixel-tui env confirm`. Else what was before comes back."
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
                if ill := self._look(state.expected_well).ill:
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

    # The way back.

    def _go_back(self, ending: Ending) -> Ending:
        try:
            return ending if self._put_back() else Ending.LEFT
        except ConsoleError as error:
            self._say(str(error))
            self._say(f"{self._why}Not rolled back: `environment-roll-back` tries it again.")
            return Ending.LEFT

    def _put_back(self) -> bool:
        """Whether all is as it was."""
        state = self._files.read()
        if state is None:
            return True
        touched = state.touched
        built = touched or state.phase is Phase.BUILDING
        # Written down as it was, so that whoever goes on knows what was touched.
        state = replace(state, process=this_process())
        self._files.free_room()
        try:
            self._files.write(replace(state, phase=Phase.RETURNING) if touched else state)
        except FileError as error:
            # Of no account for the way back itself: whoever takes it again finds what was before.
            self._say(str(error))
        if not self._file_back(state):
            return False
        if built:
            self._images_back(state)
        if touched:
            if not self._networks_back(state):
                return False
            self._say("Making the containers of before again.")
            if not self._up(state, apart=True):
                self._say(f"{self._why}The containers of before could not be made. {AGAIN}")
                return False
            if ill := self._watch(state.expected_well, cancelled=lambda: False):
                self._files.clear()
                self._say(f"{self._why}{BACK}, and {ill}.")
                return False
        self._files.clear()
        self._say(f"{self._why}{BACK}.")
        return True

    def _file_back(self, state: ApplyState) -> bool:
        now = digest(self._file.read())
        if now == state.old:
            return True
        if now != state.new:
            self._files.clear()
            self._say(
                f"{self._why}{self._path} was changed by somebody else meanwhile, so it is left as"
                " it is, and so are the containers. What it was is in the history."
            )
            return False
        if state.old:
            self._file.save(self._files.before(), was=state.new)
        else:
            self._file.remove()
        self._say(f"{self._path} is as it was.")
        return True

    def _images_back(self, state: ApplyState) -> None:
        for reference, image_id in state.images.items():
            if not image_id or self._containers.image_id(reference) == image_id:
                continue
            if (
                self._run(self._command.docker_argv("tag", names=[image_id, reference]), apart=True)
                == 0
            ):
                self._say(f"{reference} means the image of before.")
            else:
                self._say(f"The image of before is gone: {reference} stays what was built.")

    def _networks_back(self, state: ApplyState) -> bool:
        """Remove what stands in the place of the networks of before; `up` makes these again."""
        networks = [
            name for name in self._there(state.networks)
            if self._containers.network_id(name) != state.networks[name]
        ]  # fmt: skip
        why = self._in_the_way(networks, state.services)
        why = why or self._remove(networks, state.services, apart=True)
        if why:
            self._say(f"{why}.")
            self._say(f"{self._why}Not rolled back. {AGAIN}")
        return not why

    # What both ways need.

    def _there(self, networks: Collection[str]) -> list[str]:
        """Those of them that there are."""
        return [name for name in networks if self._containers.network_id(name)]

    def _in_the_way(self, networks: Sequence[str], services: Sequence[str]) -> str:
        """Why these networks can't be removed, as a sentence without its stop; else empty."""
        others = self._containers.others_on(networks, services) if networks else ()
        if not others:
            return ""
        stop = shown(self._command.docker_argv("stop", names=others))
        names = ", ".join(others)
        return f"{', '.join(networks)} can't be made again while {names} runs on it: {stop}"

    def _remove(
        self, networks: Sequence[str], services: Sequence[str], *, apart: bool = False
    ) -> str:
        """Stop the services, and remove the networks; why not, as a sentence without its stop.

        `up` would remove them as well, and with the first service alone, which fails half way.
        """
        if not networks:
            return ""
        if not self._compose("stop", "--", *services, apart=apart):
            return "The containers could not be stopped"
        for name in networks:
            if self._run(self._command.docker_argv("network", "rm", names=[name]), apart=apart):
                return f"Network {name} could not be removed"
        return ""

    def _up(self, state: ApplyState, *, apart: bool = False) -> bool:
        """Make the services anew, and restart what keeps what they, or the file, were before."""
        scales = (f"--scale={item}" for item in state.scales)
        # Forced: what changes in a secret or a config alone is the same to compose.
        words = ("up", "--detach", "--no-deps", "--force-recreate", *scales, "--")
        if state.services and not self._compose(*words, *state.services, apart=apart):
            return False
        if state.restart and not self._compose("restart", "--", *state.restart, apart=apart):
            return False
        # In one call compose restarts them all at once, unless `depends_on` says `restart: true`.
        one = ("restart", "--no-deps", "--")
        return all(self._compose(*one, name, apart=apart) for name in state.joined)

    def _compose(self, *words: str, apart: bool = False) -> bool:
        return self._run(self._command.compose_argv(*words), apart=apart) == 0

    def _look(self, services: Sequence[str]) -> Wellness:
        """How they are; an engine that is away for a moment decides nothing."""
        try:
            return self._containers.wellness(services)
        except EngineError as error:
            return Wellness(waiting=f"the engine can't be asked: {str(error.what).rstrip('.')}")

    def _watch(self, services: Sequence[str], *, cancelled: Callable[[], bool]) -> str:
        """Wait until they are well; what is wrong, as a sentence without its stop."""
        self._say("Watching whether they are well.")
        began = time.monotonic()
        while not cancelled():
            found = self._look(services)
            if found.ill:
                return found.ill
            if not found.waiting:
                return ""
            if time.monotonic() - began > found.patience:
                return f"{found.waiting} after {span(found.patience)}"
            self._pause(PAUSE_SECONDS)
        return "it is cancelled"
