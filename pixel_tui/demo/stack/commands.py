"""Runs docker commands on the simulated stack, so that plans are the same as for a real one."""

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Final

from pixel_tui.demo.stack.command_line import PROGRAMS, CommandRefused, parse_command
from pixel_tui.demo.stack.command_runner import CommandInterrupted, DemoCommandRunner
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import EngineUnreachable, OperationError
from pixel_tui.stack.programs.health_wait import MODULE
from pixel_tui.stack.programs.process import RunningCommand, open_output
from pixel_tui.text import SafeText

INTERRUPTED: Final = 130

Prepare = Callable[[Sequence[str]], Sequence[Sequence[str]]]
"""Does the work of a program other than docker, and returns the docker commands to run next."""


class DemoRunner:
    """A `CommandRunner` that understands start, stop, restart, build and up.

    Args:
        world: The stack.
        pace: Factor for all durations: 1 as on a small server, 0 for no delay.
        others: Other simulated programs, by the Python module they are started with.
    """

    def __init__(
        self, world: DemoWorld, pace: float = 1.0, others: Mapping[str, Prepare] | None = None
    ) -> None:
        self._world = world
        self._pace = pace
        self._others = others or {}

    def start(
        self,
        argv: Sequence[str],
        *,
        directory: str,  # noqa: ARG002  the simulated stack has no folder
        environment: Mapping[str, str],  # noqa: ARG002
        output: Path,
        holding: Sequence[int] = (),  # noqa: ARG002  it ends with the console
    ) -> RunningCommand:
        """Start a command and return at once.

        Raises:
            OperationError: The program is unknown, or its output file can't be written.
        """
        other = next((self._others[word] for word in argv if word in self._others), None)
        known = PurePath(argv[0]).name in PROGRAMS or MODULE in argv
        if other is None and not known:
            raise OperationError(
                "The demo has no such program.",
                on=argv[0],
                hint="It understands docker and docker compose.",
            )
        return _DemoCommand(self._world, argv, open_output(output), self._pace, other or _unchanged)


def _unchanged(argv: Sequence[str]) -> Sequence[Sequence[str]]:
    return (argv,)


class _DemoCommand:
    """A running command, on a thread in place of a process."""

    def __init__(
        self,
        world: DemoWorld,
        argv: Sequence[str],
        descriptor: int,
        pace: float,
        prepare: Prepare,
    ) -> None:
        self._argv = tuple(argv)
        self._prepare = prepare
        self._descriptor = descriptor
        self._code: int | None = None
        self._interrupted_code = INTERRUPTED
        self._interrupted = threading.Event()
        self._runner = DemoCommandRunner(world, write_line=self._write_line, sleep=self._sleep)
        self._pace = pace
        self._thread = threading.Thread(target=self._run, name="demo-command", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        return None

    def wait(self, timeout: float | None = None) -> int | None:
        self._thread.join(timeout)
        return self._code

    def end_left_running(self) -> Sequence[SafeText]:
        """Nothing: there is no process."""
        return ()

    def interrupt(self) -> None:
        self._interrupt(INTERRUPTED)

    def terminate(self) -> None:
        self._interrupt(-signal.SIGTERM)

    def kill(self) -> None:
        self._interrupt(-signal.SIGKILL)

    def _interrupt(self, code: int) -> None:
        if not self._interrupted.is_set():
            self._interrupted_code = code
            self._interrupted.set()

    def _run(self) -> None:
        code = 1
        try:
            for words in self._prepare(self._argv):
                self._runner.run(parse_command(words))
            code = 0
        except CommandRefused as refusal:
            self._write_line(str(refusal))
            code = refusal.code
        except EngineUnreachable:
            self._write_line("Cannot connect to the Docker daemon. Is the docker daemon running?")
        except CommandInterrupted:
            code = self._interrupted_code
        finally:
            self._code = code
            os.close(self._descriptor)

    def _sleep(self, seconds: float) -> None:
        """Wait as a real command waits for the engine, unless the command is interrupted."""
        if self._interrupted.wait(seconds * self._pace):
            raise CommandInterrupted

    def _write_line(self, line: str) -> None:
        # A full disk must not stop a change halfway.
        with suppress(OSError):
            os.write(self._descriptor, f"{line}\n".encode())
