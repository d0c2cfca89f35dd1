"""How long a key in the environment editor takes until its answer is painted.

`TEXTUAL_FPS=200 python -m benchmarks.environment_keys` (the program sets that too) opens a file
of 2,000 lines on the embedded stack and types a value into it: each letter is judged, with what
compose would read and every check of the key. Then it walks through the table. No engine is needed.
"""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from textual import events

from benchmarks.figures import Figure, percentile, table
from pixel_tui.commands.console import SWITCH_INTERVAL_SECONDS
from pixel_tui.console.app import PixelTui
from pixel_tui.demo.environment import DemoWorkspace
from pixel_tui.demo.parts import demo_parts
from screens.environment.screen import EnvironmentScreen
from screens.environment.value import ValueScreen
from tests.builders.sessions import session

LINES: Final = 2000
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789$" * 6
STEPS: Final = 200
AIM: Final = 50.0
"""Milliseconds, of 95 keys in a hundred."""
SIZE: Final = (120, 40)


def main() -> int:
    """Measure and print; returns 1 where a key takes too long."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "PIXEL_TUI_LOCKS"):
            os.environ[name] = str(Path(home) / name.lower())
        typed, walked = asyncio.run(_measured())
    figures = [
        Figure("a letter of a value, 95 of 100", percentile(typed.wall, 95), "ms", AIM),
        Figure("  of it computing", percentile(typed.computing, 95), "ms"),
        Figure("a step in the table, 95 of 100", percentile(walked.wall, 95), "ms", AIM),
        Figure("  of it computing", percentile(walked.computing, 95), "ms"),
    ]
    print(table(f"keys in a file of {LINES} lines", figures))
    return 1 if any(item.met is False for item in figures) else 0


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each key."""

    wall: list[float] = field(default_factory=list)
    computing: list[float] = field(default_factory=list)
    """What the console's own thread has worked: the same on a busy machine."""


async def _measured() -> tuple[Times, Times]:
    app = PixelTui(demo_parts(session()))
    async with app.run_test(size=SIZE) as pilot:
        workspace = app.parts.open_environment().workspace
        assert isinstance(workspace, DemoWorkspace)
        workspace.file.data = _large(workspace.file.data or b"")
        await pilot.press("E")
        screen = app.screen
        assert isinstance(screen, EnvironmentScreen)
        while screen.overview is None:
            await pilot.pause(0.02)
        typed, walked = Times(), Times()
        for _ in range(STEPS):
            await _time(app, "down", walked)
        screen.table.cursor_key = "LOG_LEVEL"
        await pilot.press("enter")
        assert isinstance(app.screen, ValueScreen)
        for letter in LETTERS:
            await _time(app, letter, typed)
    return typed, walked


def _large(data: bytes) -> bytes:
    lines = data.count(b"\n")
    return data + b"".join(b"KEY_%d=value %d\n" % (at, at) for at in range(LINES - lines))


async def _turn() -> None:
    """Let everything else have a turn."""
    await asyncio.sleep(0)


async def _time(app: PixelTui, key: str, times: Times) -> None:
    """Measure until a key has had its effect and the screen is painted."""
    await asyncio.sleep(0.005)
    painted = asyncio.Event()
    began, worked = time.perf_counter(), time.thread_time()
    app.post_message(events.Key(key, key if len(key) == 1 else None))
    await _turn()
    while app.keys_pending:
        await _turn()
    app.screen.call_after_refresh(painted.set)
    await painted.wait()
    times.wall.append((time.perf_counter() - began) * 1000)
    times.computing.append((time.thread_time() - worked) * 1000)


if __name__ == "__main__":
    sys.exit(main())
