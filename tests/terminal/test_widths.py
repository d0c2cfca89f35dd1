"""A real tmux, whose table of widths is its own: no cell keeps what stood there before."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from pixel_tui.terminal.cells import ChangedCells
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None and "CI" not in os.environ,
    reason="tmux is not installed; on Debian and Ubuntu: apt-get install tmux",
)

WIDTH, HEIGHT, ROWS = 40, 8, 7
CONSOLE = Console(color_system="truecolor", width=WIDTH, force_terminal=True)
CONTESTED = (
    *("👍🏽", "🏽", "☰", "क्षि", "स्ते", "க்ஷ", "🫩", "🫨", "🇩🇪", "🇩", "❤", "☺", "⚠", "①", "ﷺ"),
    *("🚀", "e\u0301\u0301\u0301", "각", "\U0001d4b3", "꧁", "\u0e33", "\ua9bd", "⛰", "⏏"),
)
SETTLED = ("漢", "é", "─", "│", "●", "→", "…")


class Tmux:
    """A pane that shows what is written to its terminal.

    Args:
        folder: Where its socket is.
    """

    def __init__(self, folder: Path) -> None:
        self._argv = ["tmux", "-u", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        size = ("-x", str(WIDTH), "-y", str(HEIGHT))
        self._run("new-session", "-d", *size, "stty raw -echo; exec sleep 300")
        self._run("set", "-g", "status", "off")
        self._run("resize-window", *size)
        self._terminal = Path(self._run("display", "-p", "#{pane_tty}").strip())
        self._number = 0
        self.feed("\x1b[?7l")

    def feed(self, data: str) -> None:
        """Write, and wait until it was taken in."""
        self._number += 1
        mark = f"mark {self._number}."
        with self._terminal.open("w", encoding="utf-8") as terminal:
            terminal.write(f"{data}\x1b[{HEIGHT};1H\x1b[0m{mark}")
        deadline = time.monotonic() + PATIENCE
        while mark not in self._run("capture-pane", "-p"):
            assert time.monotonic() < deadline, self._run("capture-pane", "-p")
            time.sleep(0.002)

    def rows(self) -> list[str]:
        """What it shows, with its colours."""
        return self._run("capture-pane", "-p", "-e").split("\n")[:ROWS]

    def close(self) -> None:
        self._run("kill-server")

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [*self._argv, *words],
            env=self._environment,
            capture_output=True,
            check=True,
            timeout=PATIENCE,
            encoding="utf-8",
        )
        return done.stdout


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(tmp_path)
    yield made
    made.close()


def picture(random: Random) -> list[str]:
    """Rows of words, some with characters that terminals disagree about."""
    rows = []
    for _ in range(ROWS):
        parts = [
            random.choice(CONTESTED if random.random() < 0.4 else (*SETTLED, "word ", "x ", "api "))
            for _ in range(random.randrange(12))
        ]
        rows.append("".join(parts))
    return rows


def update(rows: list[str]) -> LayoutUpdate:
    styles = [Style(color="#e0e0e0", bgcolor="#121212"), Style(color="#00ff00", bgcolor="#303060")]
    strips: list[Iterable[Strip]] = [
        [Strip([Segment(row, styles[y % 2])]).adjust_cell_length(WIDTH, styles[0])]
        for y, row in enumerate(rows)
    ]
    return LayoutUpdate(strips, Region(0, 0, WIDTH, ROWS))


def simple(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isalpha())


@pytest.mark.parametrize("seed", range(4))
def test_no_cell_keeps_what_stood_there_whatever_tmux_takes_a_character_for(
    tmux: Tmux, seed: int
) -> None:
    random = Random(seed)
    cells = ChangedCells()
    rows: list[str] = []
    for _ in range(12):
        rows = picture(random)
        tmux.feed(cells.changes(update(rows), CONSOLE))
    shown = tmux.rows()
    tmux.feed("\x1b[2J" + ChangedCells().changes(update(rows), CONSOLE))
    assert shown == tmux.rows()


@pytest.mark.parametrize("contested", CONTESTED)
def test_what_follows_a_contested_character_is_where_it_belongs(tmux: Tmux, contested: str) -> None:
    cells = ChangedCells()
    before = ["left " + "y" * 30] * ROWS
    after = [f"left {contested} right" for _ in range(ROWS)]
    for rows in (before, after, before, after):
        tmux.feed(cells.changes(update(rows), CONSOLE))
    for row in tmux.rows():
        assert "y" not in row
        assert "left" in row
        assert "right" in row
    tmux.feed(cells.changes(update(before), CONSOLE))
    assert all("left " + "y" * 30 in row for row in tmux.rows())
