"""Measure the ledger's pane with many tasks: `python -m benchmarks.ledger_pane`."""

import json
import random
import sys
import time
import uuid
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from benchmarks.figures import Figure, median, percentile
from benchmarks.measures import MIB, MeasureFailed, console
from benchmarks.one_stack import measure_one_stack
from benchmarks.screen import Screen
from benchmarks.stack import Stack, quiet_services
from benchmarks.terminal import Terminal

TASKS: Final = 10_000
BYTES_A_TASK: Final = 2_000
PAINT_AIM: Final = 0.5
REFRESH_AIM: Final = 0.3
STALL_AIM: Final = 50.0
MEMORY_AIM: Final = 150.0
PATIENCE: Final = 20.0


def tasks(count: int) -> list[dict[str, object]]:
    """A ledger of about two thousand bytes a task: most are completed, some wait."""
    chance = random.Random(5)  # the same ledger in each run
    found: list[dict[str, object]] = []
    for number in range(count):
        waits = number >= count - 40
        found.append(
            {
                "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                "status": "pending" if waits else "completed",
                "createdAt": f"2026-02-{1 + number % 28:02}T10:{number % 60:02}:00.000Z",
                "type": "opencode",
                "payload": {"task": f"Task number {number}\n\n" + "what to do " * 60},
                "attempts": 0 if waits else 1,
                "maxAttempts": 3,
                **(
                    {}
                    if waits
                    else {
                        "startedAt": f"2026-02-{1 + number % 28:02}T11:00:00.000Z",
                        "completedAt": f"2026-02-{1 + number % 28:02}T11:{number % 60:02}:00.000Z",
                        "exitCode": 0,
                        "summary": f"Did number {number}",
                        "output": "a line of the output\n" * 40,
                    }
                ),
            }
        )
    return found


class Ledger:
    """The file, written as the ecosystem writes it."""

    def __init__(self, project: Path) -> None:
        self._path = project / "data/task-ledger.json"
        self._path.parent.mkdir(exist_ok=True)
        self._tasks = tasks(TASKS)

    def write(self, words: str) -> float:
        """Give the newest task other words; the moment at which the file is there."""
        self._tasks[-1]["payload"] = {"task": words}
        self._tasks[-1]["createdAt"] = "2026-02-28T23:59:00.000Z"
        new = self._path.with_suffix(".json.other")
        new.write_text(json.dumps({"version": 1, "tasks": self._tasks}, indent=2))
        new.replace(self._path)
        return time.perf_counter()

    @property
    def size(self) -> int:
        """Bytes."""
        return self._path.stat().st_size


def seen(terminal: Terminal, screen: Screen, words: str) -> float:
    """The moment at which these words were on the screen.

    Raises:
        MeasureFailed: They never were.
    """
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        chunk = terminal.read(0.5)
        if chunk is None:
            continue
        screen.show(chunk.data)
        if any(words in line for line in screen.lines):
            return chunk.at
    raise MeasureFailed(f"“{words}” was not on the screen within {PATIENCE:g} s")


def measure(stack: Stack, rounds: int) -> list[Figure]:
    """Everything about a pane of ten thousand tasks."""
    ledger = Ledger(stack.project.directory)
    ledger.write("The newest of all")
    with console(stack) as terminal:
        screen = Screen()
        process = psutil.Process(terminal.pid)
        for chunk in terminal.record(5):
            screen.show(chunk.data)
        before = process.memory_info().rss / MIB
        pressed = terminal.press("W")
        paint = seen(terminal, screen, "The newest of all") - pressed
        for chunk in terminal.record(2):
            screen.show(chunk.data)
        refreshes = []
        for number in range(rounds):
            written = ledger.write(f"Round {number} of it")
            refreshes.append(seen(terminal, screen, f"Round {number} of it") - written)
            terminal.record(0.5)
        stalls = key_times(terminal, ledger, rounds)
        memory = process.memory_info().rss / MIB
    return [
        Figure("size of the ledger", ledger.size / 1_000_000, "MB"),
        Figure("key to the list on the screen", paint, "s", PAINT_AIM),
        Figure("external change to the screen, median", median(refreshes), "s", REFRESH_AIM),
        Figure("external change to the screen, slowest", max(refreshes), "s"),
        Figure("key to screen while changes come in, median", median(stalls), "ms"),
        Figure("key to screen while changes come in, p95", percentile(stalls, 95), "ms"),
        Figure("key to screen while changes come in, slowest", max(stalls), "ms", STALL_AIM),
        Figure("resident memory before", before, "MiB"),
        Figure("resident memory with the ledger", memory, "MiB", MEMORY_AIM),
    ]


def key_times(terminal: Terminal, ledger: Ledger, rounds: int) -> list[float]:
    """Milliseconds that keys take, in the middle of the console reading a changed ledger."""
    took = []
    for number in range(rounds):
        ledger.write(f"Again {number}")
        for key in "jkjkjkjk":
            terminal.record(0.03)
            pressed = terminal.press(key)
            chunk = None
            while chunk is None or b"\xe2\x96\x8c" not in chunk.data:
                chunk = terminal.read(2)
                if chunk is None:
                    raise MeasureFailed("a key was not answered within two seconds")
            took.append((chunk.at - pressed) * 1000)
        terminal.record(0.8)
    return took


def main() -> int:
    """Measure and print."""
    return measure_one_stack(
        "ledger_pane",
        f"Measures the ledger's pane with {TASKS:,} tasks, in a terminal of 200x50.",
        partial(quiet_services, 3),
        measure,
        rounds=8,
    )


if __name__ == "__main__":
    sys.exit(main())
