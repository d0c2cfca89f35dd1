"""Docker's commands on the embedded stack: the plans are the same, nothing real is touched."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pixel_tui.stack.demo.cast import PARTS
from pixel_tui.stack.demo.world import Actor, DemoWorld, Fault
from pixel_tui.stack.process import RunningCommand

STOP_SECONDS: Final = 0.6
START_SECONDS: Final = 0.3
INTERRUPTED: Final = 130
_OPTIONS_WITH_VALUE: Final = frozenset(
    {"--project-directory", "--file", "-f", "--project-name", "-p", "--host", "--context"}
)


class DemoRunner:
    """A `CommandRunner` that understands start, stop, restart and up.

    Args:
        world: The stack.
    """

    def __init__(self, world: DemoWorld) -> None:
        self._world = world

    def start(
        self,
        argv: Sequence[str],
        *,
        directory: str,  # noqa: ARG002  the embedded stack is in no folder
        environment: Mapping[str, str],  # noqa: ARG002
        output: Path,
    ) -> RunningCommand:
        """Begin to act; returns at once."""
        return _Running(self._world, argv, output)


class _Running:
    """A command under way, on a thread in place of a process."""

    def __init__(self, world: DemoWorld, argv: Sequence[str], output: Path) -> None:
        self._world = world
        self._argv = argv
        self._output = output
        self._code: int | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-command", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        return None

    def wait(self, timeout: float | None = None) -> int | None:
        self._thread.join(timeout)
        return self._code

    def interrupt(self) -> None:
        self._stopped.set()

    def terminate(self) -> None:
        self._stopped.set()

    def kill(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        verb, names = _words(self._argv)
        compose = "compose" in self._argv
        actions: dict[str, Callable[[Actor], bool]] = {
            "start": self._start,
            "stop": self._stop,
            "restart": lambda actor: self._stop(actor) and self._start(actor),
            "up": self._start,
        }
        action = actions.get(verb)
        if action is None:
            self._say(f"unknown command: {verb}")
            self._code = 1
            return
        for name in names:
            actors = self._find(name, compose=compose, create=verb == "up")
            if not actors:
                self._say(f"no such service: {name}" if compose else f"No such container: {name}")
                self._code = 1
                return
            if not all(action(actor) for actor in actors):
                self._code = INTERRUPTED
                return
        self._code = 0

    def _find(self, name: str, *, compose: bool, create: bool) -> list[Actor]:
        actors = self._world.look()
        if not compose:
            return [actor for actor in actors if name in {actor.name, actor.id, actor.id[:12]}]
        found = [actor for actor in actors if actor.part.name == name and not actor.oneoff]
        if not found and create and name in PARTS:
            return [self._world.create(name)]
        return found

    def _stop(self, actor: Actor) -> bool:
        self._say(f" Container {actor.name}  Stopping")
        if self._stopped.wait(STOP_SECONDS):
            return False
        self._world.stop(actor)
        self._say(f" Container {actor.name}  Stopped")
        return True

    def _start(self, actor: Actor) -> bool:
        self._say(f" Container {actor.name}  Starting")
        if self._stopped.wait(START_SECONDS):
            return False
        if actor.fault is Fault.UNHEALTHY:
            # What hangs is mended by a restart: that is what the exercise teaches.
            actor.fault = None
        self._world.start(actor)
        self._say(f" Container {actor.name}  Started")
        return True

    def _say(self, line: str) -> None:
        with self._output.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _words(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The verb and the names of a command line, without options."""
    words = []
    skip = False
    for word in argv[1:]:
        if skip:
            skip = False
        elif word in _OPTIONS_WITH_VALUE:
            skip = True
        elif not word.startswith("-") and word != "compose":
            words.append(word)
    return (words[0], words[1:]) if words else ("", [])
