"""A program that is asked something: started, waited for within limits, and ended whole.

Its answer goes to files in memory and not to pipes: a child that it leaves behind could hold
a pipe for ever. Once the program itself has ended, or its time is over, its whole process
group is ended, and so are all groups when the console ends.
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
from dataclasses import dataclass
from typing import IO, Final

from pixel_tui.humanize import memory_size, span
from pixel_tui.interruption import interruption_deferred, on_interrupt

MOST_BYTES: Final = 64 * 1024 * 1024
"""An answer beyond it is none: the largest projects stay far below."""
LOOK_SECONDS: Final = 0.5
"""How often it is looked how much a program has written so far."""


class NoAnswer(Exception):
    """The program did not answer within the limits, and was ended."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a program answered."""

    code: int
    raw_output: bytes
    raw_messages: bytes

    @property
    def output(self) -> str:
        """What it wrote to standard output, as text."""
        return self.raw_output.decode("utf-8", "replace")

    @property
    def messages(self) -> str:
        """What it wrote to standard error, as text."""
        return self.raw_messages.decode("utf-8", "replace")


class Asked:
    """A program that was started and is to answer.

    Args:
        argv: The program and its arguments. No shell is involved.
        directory: Where it runs; where this process does if None.
        environment: The variables that it sees.
        stdin: What it reads, as text or as an open file; nothing if empty.

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
                    start_new_session=True,  # Ctrl+C in the terminal is the console's business
                )
                _RUNNING.add(self)
        except BaseException:
            self._close()
            raise

    def answer(self, seconds: float) -> Reply:
        """Wait for the end, and take what was said.

        Raises:
            NoAnswer: It took longer than this, or said too much.
        """
        try:
            if not self._ended_within(seconds):
                raise NoAnswer(f"no answer within {span(seconds)}")
            code = self._reap()
            return Reply(code, _read(self._output), _read(self._messages))
        finally:
            self.end()

    def end(self) -> None:
        """End it and all that it has started; nothing happens where it has ended."""
        self._reap()
        self._close()

    def kill(self) -> None:
        """Kill its process group; whoever waits for the answer sees the end."""
        with self._lock:
            # While it is not reaped, no other process can have its number.
            if self._process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _reap(self) -> int:
        self.kill()
        with self._lock:
            code = self._process.wait()
        _RUNNING.discard(self)
        return code

    def _ended_within(self, seconds: float) -> bool:
        """Wait for its end without reaping it.

        Raises:
            NoAnswer: It said too much.
        """
        deadline = time.monotonic() + seconds
        with os.fdopen(os.pidfd_open(self._process.pid), "rb") as process:
            ready = select.poll()
            ready.register(process, select.POLLIN)
            while (left := deadline - time.monotonic()) > 0:
                if ready.poll(min(left, LOOK_SECONDS) * 1000):
                    return True
                for written in (self._output, self._messages):
                    _require_bounded(written)
        return False

    def _close(self) -> None:
        self._output.close()
        self._messages.close()


class _Running:
    """The programs that were asked and have not ended yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: set[Asked] = set()
        self._over = False

    def add(self, asked: Asked) -> None:
        with self._lock:
            self._all.add(asked)
            over = self._over
        if over:
            asked.kill()

    def discard(self, asked: Asked) -> None:
        with self._lock:
            self._all.discard(asked)

    def kill(self) -> None:
        with self._lock:
            left = list(self._all)
        for asked in left:
            asked.kill()

    def kill_for_good(self) -> None:
        """Kill them, and each that is started from now on."""
        with self._lock:
            self._over = True
        self.kill()


_RUNNING: Final = _Running()


def kill_all_asked() -> None:
    """Kill every program that is still to answer: nobody will wait for it."""
    _RUNNING.kill()


atexit.register(kill_all_asked)
on_interrupt(_RUNNING.kill_for_good)


def _memory_file() -> IO[bytes]:
    """A file that is in no folder: what is resolved has secrets in it."""
    return os.fdopen(os.memfd_create("pixel-tui"), "w+b")


def _require_bounded(file: IO[bytes]) -> None:
    if os.fstat(file.fileno()).st_size > MOST_BYTES:
        raise NoAnswer(f"more than {memory_size(MOST_BYTES)} of output")


def _read(file: IO[bytes]) -> bytes:
    _require_bounded(file)
    file.seek(0)
    return file.read()
