"""What a ledger of many tasks costs: `python -m benchmarks.ledger`.

A watch reads the ledger on its thread, as in the console, while an event loop on the main
thread ticks: what a tick comes late is what a key would have waited. No engine is needed.
"""

import argparse
import asyncio
import json
import random
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import Figure, median, table
from pixel_tui.clock import SystemClock
from pixel_tui.commands.console import SWITCH_INTERVAL_SECONDS
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReader
from pixel_tui.ledger.view.watch import LedgerWatch
from pixel_tui.stack.model.snapshot import Connection, EngineStatus, StackSnapshot
from pixel_tui.stack.watch.observer import Topic
from pixel_tui.text import plain

TICK: Final = 0.002
PATIENCE: Final = 30.0
_WORDS: Final = [
    "mend",
    "the",
    "api",
    "route",
    "and",
    "test",
    "it",
    "with",
    "docker",
    "compose",
    "build",
    "logs:",
    "health,",
    "café",
    "🚀",
]


class _Still:
    """An observer of a stack without containers."""

    snapshot = StackSnapshot(
        EngineStatus(plain("unix:///none"), plain("none"), connection=Connection.READY),
        taken_at=datetime.now(UTC),
    )

    def subscribe(self, _listener: Callable[[Topic], None]) -> Callable[[], None]:
        """Nothing ever happens."""
        return lambda: None


def main() -> int:
    """Measure and print; returns 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=10, help="changes that are waited for")
    arguments = parser.parse_args()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    figures = asyncio.run(_measure(arguments.tasks, arguments.megabytes, arguments.rounds))
    print(table(f"ledger of {arguments.tasks:,} tasks, {arguments.megabytes:g} MB", figures))
    if arguments.json is not None:
        content = [figure.as_json() for figure in figures]
        arguments.json.write_text(f"{json.dumps(content, indent=2)}\n")
    return 0


async def _measure(tasks: int, megabytes: float, rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pixel-tui-bench-") as name:
        place = LedgerPlace(Path(name))
        place.ledger.parent.mkdir()
        before = _memory()
        _write(place.ledger, tasks, megabytes)
        observer: Any = _Still()
        watch = LedgerWatch(LedgerReader(place, SystemClock()), observer, SystemClock())
        late = _Lateness()
        ticking = asyncio.create_task(late.tick())
        began, spent = time.monotonic(), time.process_time()
        watch.start()
        await _until(lambda: len(watch.view.tasks) == tasks)
        first, first_late = time.monotonic() - began, late.worst()
        spent = time.process_time() - spent
        refreshes = []
        for number in range(rounds):
            old = watch.view
            changing = asyncio.create_task(_changed(place.ledger, number))
            await asyncio.sleep(0.4)
            late.worst()
            began = await changing
            await _until(lambda old=old: watch.view is not old)  # type: ignore[misc]
            refreshes.append((time.monotonic() - began, late.worst()))
        ticking.cancel()
        watch.close()
        memory = _memory() - before
    return [
        Figure("first view", first, "s", 0.5),
        Figure("processor time of that", spent, "s"),
        Figure("longest wait of the event loop meanwhile", first_late * 1000, "ms", 50),
        Figure("view after a change by another (median)", median([it[0] for it in refreshes]),
               "s", 0.3),
        Figure("the same, longest", max(it[0] for it in refreshes), "s", 0.3),
        Figure("longest wait of the event loop meanwhile", max(it[1] for it in refreshes) * 1000,
               "ms", 50),
        Figure("memory at its peak, all in all", _memory(), "MB", 150),
        Figure("of which for the ledger", memory, "MB"),
    ]  # fmt: skip


class _Lateness:
    """How late the ticks of an event loop come."""

    def __init__(self) -> None:
        self._worst = 0.0

    async def tick(self) -> None:
        """Tick until it is cancelled."""
        while True:
            due = time.monotonic() + TICK
            await asyncio.sleep(TICK)
            self._worst = max(self._worst, time.monotonic() - due)

    def worst(self) -> float:
        """The longest delay since it was asked last, in seconds."""
        worst, self._worst = self._worst, 0.0
        return worst


async def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("it was never shown")
        await asyncio.sleep(TICK)


def _write(path: Path, tasks: int, megabytes: float) -> None:
    """A ledger like those that grow for years; written in pieces, to cost little memory."""
    chance = random.Random(7)
    at = datetime.now(UTC) - timedelta(days=200)
    size = int(megabytes * 1e6 / tasks) - 620
    text = " ".join(chance.choice(_WORDS) for _ in range(size))
    with path.open("w", encoding="utf-8") as file:
        file.write('{\n  "version": 1,\n  "tasks": [')
        for number in range(tasks):
            at += timedelta(minutes=20)
            begin = chance.randrange(len(text) - size) if len(text) > size else 0
            task = {
                "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                "status": "failed" if number % 9 == 0 else "completed",
                "createdAt": at.isoformat(),
                "type": "opencode",
                "payload": {"task": text[begin : begin + size // 3], "context": "as before"},
                "attempts": 1,
                "maxAttempts": 3,
                "startedAt": (at + timedelta(seconds=3)).isoformat(),
                "workerId": "0123456789ab",
                "completedAt": (at + timedelta(minutes=4)).isoformat(),
                "exitCode": 0,
                "output": text[begin : begin + size * 2 // 3],
                "summary": "## Summary\nIt is mended",
            }
            body = json.dumps(task, indent=2, ensure_ascii=False).replace("\n", "\n    ")
            file.write(f"{',' if number else ''}\n    {body}")
        file.write("\n  ]\n}")


_CHANGE: Final = """
import os, sys
path, number = sys.argv[1], int(sys.argv[2])
old, new = (b"completed", b"aborted") if number % 2 == 0 else (b"aborted", b"completed")
head, found, tail = open(path, "rb").read().rpartition(b'"status": "' + old)
with open(path + ".tmp", "wb") as file:
    file.write(head + found.replace(old, new) + tail)
sys.stdin.readline()
os.rename(path + ".tmp", path)
"""


async def _changed(path: Path, number: int) -> float:
    """Have another process change one task; when it did so."""
    argv = (sys.executable, "-c", _CHANGE, str(path), str(number))
    process = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.PIPE)
    await asyncio.sleep(0.5)
    began = time.monotonic()
    await process.communicate(b"now\n")
    return began


def _memory() -> float:
    """The most that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    sys.exit(main())
