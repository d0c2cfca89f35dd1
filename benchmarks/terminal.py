"""A program in a pseudo-terminal of its own, read as raw bytes with the time of each read.

Nothing is interpreted while time is measured: a terminal emulator in Python is slower than
the console. What was read is kept and shown to the emulator afterwards (`screen.py`).
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

COLUMNS: Final = 200
ROWS: Final = 50
BAR: Final = "▌".encode()
"""What marks the row under the cursor."""

_PLACE_OR_BAR = re.compile(rb"\x1b\[(\d+);\d+H|(\n)|(" + BAR + b")")
_QUESTION_SYNC = b"\x1b[?2026$p"
_ANSWER_SYNC = b"\x1b[?2026;2$y"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one read returned, and when."""

    at: float
    data: bytes


class Terminal:
    """Starts a program and is its terminal, until it is closed.

    Args:
        argv: The program.
        env: All of its environment.
        cwd: Its working folder.
        columns: The terminal's width.
        rows: The terminal's height.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        columns: int = COLUMNS,
        rows: int = ROWS,
    ) -> None:
        self.bytes_per_second: int | None = None
        """How fast it is read, as over a slow link; None for as fast as possible."""
        self.tail = b""
        """What was read last, for when something went wrong."""
        self._budget = 0.0
        self._budget_at = 0.0
        self._master, slave = pty.openpty()
        self.modes_before: list[object] = termios.tcgetattr(slave)
        self.resize(columns, rows)
        self.started_at = time.perf_counter()
        # `setsid` makes this the program's own terminal and becomes the program.
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            cwd=cwd,
        )
        os.close(slave)

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The program's exit code; None while it runs."""
        return self._process.poll()

    @property
    def modes(self) -> list[object]:
        """The terminal's modes now, as `termios` tells them."""
        return termios.tcgetattr(self._master)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the kernel tells the program."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def press(self, keys: str) -> float:
        """Type; returns the moment before."""
        at = time.perf_counter()
        os.write(self._master, keys.encode())
        return at

    def read(self, timeout: float) -> Chunk | None:
        """Read what is there, waiting for it at most so long.

        Returns:
            None when nothing came.

        Raises:
            EOFError: The program has ended.
        """
        deadline = time.perf_counter() + timeout
        most = self._allowed(deadline)
        if not most:
            return None
        ready, _, _ = select.select([self._master], [], [], max(deadline - time.perf_counter(), 0))
        if not ready:
            return None
        try:
            data = os.read(self._master, most)
        except OSError:  # how Linux says that nobody has the other side open any more
            data = b""
        at = time.perf_counter()
        if not data:
            raise EOFError(f"the program ended with {self._process.wait(10)}")
        self._budget -= len(data)
        self.tail = (self.tail + data)[-8192:]
        if _QUESTION_SYNC in data:  # answered as today's terminals do
            os.write(self._master, _ANSWER_SYNC)
        return Chunk(at, data)

    def record(self, seconds: float) -> list[Chunk]:
        """Read for so long."""
        end = time.perf_counter() + seconds
        chunks = []
        while (left := end - time.perf_counter()) > 0:
            chunk = self.read(left)
            if chunk is not None:
                chunks.append(chunk)
        return chunks

    def hang_up(self) -> None:
        """Close the terminal while the program runs."""
        os.close(self._master)

    def close(self, patience: float = 10) -> int:
        """End the program as a system does, and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self.bytes_per_second = None
        deadline = time.monotonic() + patience
        with suppress(EOFError, OSError, ValueError):
            while time.monotonic() < deadline:
                self.read(0.2)
        try:
            code = self._process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        with suppress(OSError):
            os.close(self._master)
        return code

    def __enter__(self) -> Self:
        """The running program."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """End it."""
        self.close()

    def _allowed(self, deadline: float) -> int:
        """How many bytes may be read now; 0 when none may until the deadline."""
        if self.bytes_per_second is None:
            return 65536
        rate, portion = self.bytes_per_second, self.bytes_per_second / 100
        while True:
            now = time.perf_counter()
            self._budget = min(self._budget + (now - self._budget_at) * rate, portion)
            self._budget_at = now
            if self._budget >= portion / 2:
                return int(self._budget)
            if now >= deadline:
                return 0
            time.sleep(min((portion / 2 - self._budget) / rate + 0.0002, deadline - now))


def bar_rows(data: bytes) -> list[int]:
    """The screen rows, from 1, in which these raw bytes paint the cursor's bar."""
    rows, row = [], 0
    for match in _PLACE_OR_BAR.finditer(data):
        if match[1]:
            row = int(match[1])
        elif match[2]:
            row += 1
        else:
            rows.append(row)
    return rows
