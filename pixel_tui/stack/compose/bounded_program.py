"""Runs a program within limits on time and output, and kills its process group afterwards.

Output goes to memory files instead of pipes, because a child left behind could keep a pipe open
for ever. When the program has exited or its time is over, its process group is killed. When
pixel-tui exits, all process groups are killed.
"""

import atexit
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import IO, Final

from pixel_tui.humanize import memory_size, span
from pixel_tui.interruption import interruption_deferred, on_interrupt
from pixel_tui.stack.model.program_output import ProgramOutput

MAX_BYTES: Final = 64 * 1024 * 1024
"""The limit for the output: the largest projects stay far below it."""
POLL_SECONDS: Final = 0.5
"""How often the size of the output is checked."""


class LimitExceeded(Exception):
    """The program exceeded a limit and was killed."""


class BoundedProgram:
    """A running program whose output is collected.

    Args:
        argv: The program and its arguments. No shell is involved.
        directory: Its working directory; this process's own if None.
        environment: Its environment variables.
        stdin: Its standard input, as text or as an open file; nothing if empty.

    Raises:
        OSError: It can't be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        directory: str | None,
        environment: Mapping[str, str],
        stdin: str | IO[bytes] = "",
    ) -> None:
        self._lock = threading.Lock()
        self._output, self._messages = _memory_file(), _memory_file()
        try:
            # One that was started and is not known would be left running.
            with interruption_deferred(), ExitStack() as opened:
                if isinstance(stdin, str):
                    source = opened.enter_context(_memory_file())
                    source.write(stdin.encode("utf-8", "replace"))
                    source.seek(0)
                else:
                    source = stdin
                self._process = subprocess.Popen(
                    argv,
                    cwd=directory,
                    env=environment,
                    stdin=source,
                    stdout=self._output,
                    stderr=self._messages,
                    start_new_session=True,  # so that Ctrl+C in the terminal does not reach it
                )
                _RUNNING.add(self)
        except BaseException:
            self._close()
            raise

    def result(self, seconds: float) -> ProgramOutput:
        """Wait for the exit and return the output.

        Raises:
            LimitExceeded: It took longer than this, or wrote too much.
        """
        try:
            if not self._exits_within(seconds):
                raise LimitExceeded(f"no answer within {span(seconds)}")
            code = self._reap()
            return ProgramOutput(code, _read(self._output), _read(self._messages))
        finally:
            self.close()

    def close(self) -> None:
        """Kill its process group, if it still runs, and release its output."""
        self._reap()
        self._close()

    def kill(self) -> None:
        """Kill its process group; a waiting `answer` returns."""
        with self._lock:
            # Until it is reaped, no other process can get its PID.
            if self._process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _reap(self) -> int:
        self.kill()
        with self._lock:
            code = self._process.wait()
        _RUNNING.discard(self)
        return code

    def _exits_within(self, seconds: float) -> bool:
        """Wait for its exit without reaping it.

        Raises:
            LimitExceeded: It wrote too much.
        """
        deadline = time.monotonic() + seconds
        with os.fdopen(os.pidfd_open(self._process.pid), "rb") as process:
            poll = select.poll()
            poll.register(process, select.POLLIN)
            while (left := deadline - time.monotonic()) > 0:
                if poll.poll(min(left, POLL_SECONDS) * 1000):
                    return True
                for written in (self._output, self._messages):
                    _require_bounded(written)
        return False

    def _close(self) -> None:
        self._output.close()
        self._messages.close()


class _Running:
    """The registry of the running programs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: set[BoundedProgram] = set()
        self._shutting_down = False

    def add(self, program: BoundedProgram) -> None:
        with self._lock:
            self._all.add(program)
            shutting_down = self._shutting_down
        if shutting_down:
            program.kill()

    def discard(self, program: BoundedProgram) -> None:
        with self._lock:
            self._all.discard(program)

    def kill(self) -> None:
        with self._lock:
            left = list(self._all)
        for program in left:
            program.kill()

    def kill_for_good(self) -> None:
        """Kill them, and every program that is started from now on."""
        with self._lock:
            self._shutting_down = True
        self.kill()


_RUNNING: Final = _Running()


def kill_bounded_programs() -> None:
    """Kill every running program, because nothing will wait for it any more."""
    _RUNNING.kill()


atexit.register(kill_bounded_programs)
on_interrupt(_RUNNING.kill_for_good)


def _memory_file() -> IO[bytes]:
    """Create a file that is in no folder, because resolved projects contain secrets."""
    return os.fdopen(os.memfd_create("pixel-tui"), "w+b")


def _require_bounded(file: IO[bytes]) -> None:
    if os.fstat(file.fileno()).st_size > MAX_BYTES:
        raise LimitExceeded(f"more than {memory_size(MAX_BYTES)} of output")


def _read(file: IO[bytes]) -> bytes:
    _require_bounded(file)
    file.seek(0)
    return file.read()
