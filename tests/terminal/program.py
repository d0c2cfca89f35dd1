"""The installed program in a pseudo-terminal, read through a terminal emulator."""

import inspect
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte

from benchmarks.terminal import Terminal
from tests.patience import PATIENCE

BEGUN, WHOLE = b"\x1b[?2026h", b"\x1b[?2026l"
"""Around each picture: a terminal hands it over in pieces."""
HOME = {"LANG": "C.UTF-8", "TZ": "UTC"}


def without(words: str) -> Callable[[str], bool]:
    """Whether this is not, or no more, on the screen."""
    return lambda text: words not in text


class _Screen(pyte.Screen):
    """Drops what is too much for a control sequence, as terminals do.

    A console that is ended while its terminal takes nothing has sent a part of one, and what
    is said last runs into it.
    """


def _lenient(method: Callable[..., object]) -> Callable[..., object]:
    signature = inspect.signature(method)

    def call(screen: _Screen, *values: int, **private: bool) -> object:
        try:
            signature.bind(screen, *values, **private)
        except TypeError:
            return None
        return method(screen, *values, **private)

    return call


for _name in set(pyte.Stream.csi.values()):
    setattr(_Screen, _name, _lenient(getattr(pyte.Screen, _name)))


class Program:
    """A running console, its screen, and every byte it ever sent.

    Args:
        terminal: What it runs in.
        columns: The terminal's width.
        rows: The terminal's height.
    """

    def __init__(self, terminal: Terminal, columns: int, rows: int) -> None:
        self.raw = b""
        self._shown = 0
        """How much of it the emulator has got."""
        self._terminal = terminal
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.ended = False
        self.modes_before = terminal.modes_before

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, keys: str) -> None:
        """Type."""
        self._terminal.press(keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self._show_all()
        self._screen.resize(rows, columns)
        self._terminal.resize(columns, rows)

    def hang_up(self) -> None:
        """Take the terminal away from under it."""
        self._terminal.hang_up()

    @property
    def modes(self) -> list[object]:
        """How the terminal treats what is typed and printed: the kernel's own words."""
        return self._terminal.modes

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._terminal.pid

    def wipe(self) -> None:
        """Forget the picture, as a terminal does that shows another screen meanwhile."""
        self._show_all()
        self._screen.reset()

    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._terminal.exit_code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self._terminal.pid, number)

    def read(self, seconds: float) -> None:
        """Take in what comes within so long."""
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self._receive(left)
        except EOFError:
            self.ended = True
        self._show_all()

    @property
    def descriptor(self) -> int:
        """What can be read when the program has painted."""
        return self._terminal._master

    def take(self, *, shown: bool) -> None:
        """Take in what has come.

        Args:
            shown: Whether the emulator, which takes its time, is to look at it.

        Raises:
            EOFError: The program has ended.
        """
        if self._receive(0) and shown:
            self._show_all()
        elif not shown:
            self._shown = len(self.raw)
            # The rest of a sequence that was begun before would be taken for another one.
            self._stream = pyte.ByteStream(self._screen)

    def wait_for_output(self, seconds: float = PATIENCE) -> None:
        """Read until it has painted something more."""
        before, deadline = len(self.raw), time.monotonic() + seconds
        while len(self.raw) == before:
            assert time.monotonic() < deadline, f"nothing was painted:\n{self.text}"
            self.read(0.05)

    def wait_for(self, wanted: str | Callable[[str], object], seconds: float = PATIENCE) -> None:
        """Read until the screen shows this, or is as it should be, in a picture that is whole.

        However late a picture is read, it is looked at before the next one: what is shown for a
        moment only is not missed.
        """
        check = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        deadline, quiet = time.monotonic() + seconds, 0
        while (self._half_painted and quiet < 10) or not check(self.text):
            assert time.monotonic() < deadline, f"not seen: {wanted!r} in\n{self.text}"
            if self._shown == len(self.raw):
                try:
                    quiet = 0 if self._receive(0.2) else quiet + 1
                except EOFError as end:
                    raise AssertionError(f"{end}:\n{self.text}") from end
            self._show_next()

    @property
    def _half_painted(self) -> bool:
        shown = self._shown
        return self.raw.rfind(BEGUN, 0, shown) > self.raw.rfind(WHOLE, 0, shown)

    def wait_exit(self, seconds: float = PATIENCE) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + seconds
        with suppress(EOFError):
            while time.monotonic() < deadline:
                self._receive(0.2)
        self._show_all()
        self.ended = True
        code = self._terminal.exit_code
        assert code is not None, f"it still runs:\n{self.text}"
        return code

    def _receive(self, seconds: float) -> bool:
        """Whether something came within so long; the emulator does not have it yet."""
        chunk = self._terminal.read(seconds)
        if chunk is not None:
            self.raw += chunk.data
        return chunk is not None

    def _show_next(self) -> None:
        """Show the emulator the next picture, or what there is of it."""
        # Its end may have come in two pieces.
        end = self.raw.find(WHOLE, max(self._shown - len(WHOLE) + 1, 0))
        self._show(len(self.raw) if end < 0 else end + len(WHOLE))

    def _show_all(self) -> None:
        self._show(len(self.raw))

    def _show(self, end: int) -> None:
        # The emulator knows no private-mode questions; it would print them. Nor does it know
        # the other screen: whichever is switched to is empty.
        data = self.raw[self._shown : end].replace(b"\x1b[?2026$p", b"")
        self._stream.feed(re.sub(rb"\x1b\[\?1049[hl]", b"\x1b[H\x1b[2J", data))
        self._shown = end


@contextmanager
def program(
    *arguments: str,
    home: Path,
    size: tuple[int, int] = (80, 24),
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    script: str | None = None,
    prefix: Sequence[str] = (),
) -> Iterator[Program]:
    """Run the console until the block is left.

    Args:
        arguments: Of the command line.
        home: The folder of its settings and its state.
        size: Columns and rows.
        cwd: Its working folder; the home if None.
        environment: Variables beside the few it gets.
        script: Python to run in place of the program.
        prefix: What starts the interpreter, such as `nice`.
    """
    columns, rows = size
    env = {
        **HOME,
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PIXEL_TUI_LOCKS": str(home / "locks"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        **(environment or {}),
    }
    what = ["-c", script] if script else ["-m", "pixel_tui"]
    terminal = Terminal(
        [*prefix, sys.executable, *what, *arguments],
        env=env,
        cwd=cwd or home,
        columns=columns,
        rows=rows,
    )
    with terminal:
        yield Program(terminal, columns, rows)
