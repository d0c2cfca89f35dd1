"""What is measured of a console on a running stack."""

import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from benchmarks.figures import AIMS, VERSION_AIM, Aims, Figure, median, percentile
from benchmarks.screen import Screen
from benchmarks.stack import Stack, console_argv, engine_processes
from benchmarks.terminal import Chunk, Terminal, bar_rows

START_PATIENCE = 20.0
SETTLE_SECONDS = 6.0
UPTIME_SECONDS = 65.0
"""Younger containers show their age in seconds, which is not what a stack does for weeks."""
KEY_PATIENCE = 2.0
FLOOD_LINES = 5000
SLOW_BYTES = 50_000
MIB = 1024 * 1024


class MeasureFailed(Exception):
    """The console did not do what was to be measured."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how often is measured."""

    starts: int = 10
    idle_seconds: float = 30
    presses: int = 200


QUICK = Effort(starts=3, idle_seconds=10, presses=60)


@dataclass(frozen=True, slots=True)
class Quiet:
    """What a console did while nothing happened."""

    bytes_per_second: float
    console_cpu: float
    engine_cpu: float | None


@dataclass(frozen=True, slots=True)
class Walk:
    """What keys that move the cursor came to."""

    latencies: list[float]
    """Milliseconds from each key to the bar in its new row."""
    bytes_per_key: float
    """All output while keys were pressed, by their number."""


@contextmanager
def console(stack: Stack) -> Iterator[Terminal]:
    """A console that looks at the stack."""
    argv = [*console_argv(), *stack.arguments]
    with Terminal(argv, env=stack.env, cwd=stack.project.directory) as terminal:
        yield terminal


def start_seconds(stack: Stack, services: int) -> float:
    """The time from the start to the full table."""
    with console(stack) as terminal:
        return _wait_for_table(terminal, Screen(), services)


def _wait_for_table(terminal: Terminal, screen: Screen, services: int) -> float:
    """Wait for the full table; returns the seconds that it took."""
    chunks: list[Chunk] = []
    while True:
        # The recording is looked at between two waits only: it would else be read late.
        chunks = terminal.record(2.5)
        at = screen.full_at(chunks, services)
        if at is not None:
            return at - terminal.started_at
        if time.perf_counter() - terminal.started_at > START_PATIENCE:
            shown = "\n".join(line.rstrip() for line in screen.lines)
            raise MeasureFailed(f"no full table within {START_PATIENCE:g} s:\n{shown}")


def cpu_seconds(processes: Sequence[psutil.Process], *, programs: bool = False) -> float:
    """The CPU time that processes have used; with `programs` also what they ran."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system
            if programs:
                total += used.children_user + used.children_system
    return total


def engine_share(stack: Stack, seconds: float) -> float | None:
    """The engine's CPU share with nobody looking; None where it can't be told."""
    processes = engine_processes(stack.engine)
    before, began = cpu_seconds(processes), time.perf_counter()
    time.sleep(seconds)
    spent = cpu_seconds(processes) - before
    return spent / (time.perf_counter() - began) if processes else None


def watch_quietly(terminal: Terminal, stack: Stack, seconds: float) -> Quiet:
    """Let the console watch a stack in which nothing happens."""
    engine, own = engine_processes(stack.engine), [psutil.Process(terminal.pid)]
    engine_before, own_before = cpu_seconds(engine), cpu_seconds(own, programs=True)
    began = time.perf_counter()
    count = sum(len(chunk.data) for chunk in terminal.record(seconds))
    lasted = time.perf_counter() - began
    return Quiet(
        bytes_per_second=count / lasted,
        console_cpu=(cpu_seconds(own, programs=True) - own_before) / lasted,
        engine_cpu=(cpu_seconds(engine) - engine_before) / lasted if engine else None,
    )


def walk(terminal: Terminal, first_row: int, presses: int, pauses: tuple[float, float]) -> Walk:
    """Move the cursor down and up, and wait each time until its bar is in the new row.

    A repaint that comes by itself does not count: it paints the bar where it was.

    Args:
        terminal: A console whose cursor is to stand in the first row.
        first_row: The screen row of the first service.
        presses: How many keys.
        pauses: The shortest and the longest pause before a key. They are random, so that
            keys do not march in step with what the console does by the clock.

    Raises:
        MeasureFailed: A key was not answered.
    """
    terminal.press("g")
    terminal.record(1)
    chance = random.Random(7)  # the same pauses in each run
    latencies, count = [], 0
    for number in range(presses):
        count += sum(len(chunk.data) for chunk in terminal.record(chance.uniform(*pauses)))
        down = number % 2 == 0
        expected = first_row + 1 if down else first_row
        pressed_at = terminal.press("j" if down else "k")
        seen, painted_at = b"", None
        while painted_at is None and time.perf_counter() - pressed_at < KEY_PATIENCE:
            chunk = terminal.read(0.5)
            if chunk is not None:
                seen += chunk.data
                painted_at = chunk.at if expected in bar_rows(seen) else None
        if painted_at is None:
            raise MeasureFailed(f"key {number + 1} was not answered within {KEY_PATIENCE:g} s")
        latencies.append((painted_at - pressed_at) * 1000)
        count += len(seen)
    return Walk(latencies, count / presses)


def measure_stack(stack: Stack, services: int, effort: Effort) -> list[Figure]:
    """Everything about a console on this stack."""
    aims = AIMS.get(services, Aims(key_p50=None, key_p95=None, flood_p95=None))
    start_seconds(stack, services)  # the cold one
    starts = [start_seconds(stack, services) for _ in range(effort.starts)]
    figures = [
        Figure("start to full table, median", median(starts), "s", aims.start),
        Figure("start to full table, slowest", max(starts), "s"),
    ]
    time.sleep(max(UPTIME_SECONDS - (time.monotonic() - stack.up_at), 0))
    base_before = engine_share(stack, effort.idle_seconds)
    with console(stack) as terminal:
        screen = Screen()
        _wait_for_table(terminal, screen, services)
        first_row = screen.cursor_row
        if first_row is None:
            raise MeasureFailed("no row of the table has the cursor's bar")
        terminal.record(SETTLE_SECONDS)
        quiet = watch_quietly(terminal, stack, effort.idle_seconds)
        process = psutil.Process(terminal.pid)
        held = [
            Figure("resident memory, idle", process.memory_info().rss / MIB, "MiB", aims.memory),
            Figure("threads, idle", process.num_threads(), ""),
        ]
        keys = _all_key_figures(terminal, stack, first_row, effort, aims)
        after = Figure("resident memory, after the flood", process.memory_info().rss / MIB, "MiB")
    base_after = engine_share(stack, effort.idle_seconds)
    added = base = None
    if base_before is not None and base_after is not None and quiet.engine_cpu is not None:
        base = (base_before + base_after) / 2
        added = quiet.engine_cpu - base
    return [
        *figures,
        Figure("terminal output, idle", quiet.bytes_per_second, "bytes/s", aims.idle_bytes),
        Figure("CPU of the console, idle", quiet.console_cpu, "of a core", aims.idle_cpu),
        Figure("CPU added to the engine, idle", added, "of a core", aims.engine_cpu),
        Figure("CPU of the engine without a console", base, "of a core"),
        *held,
        after,
        *keys,
    ]


def _all_key_figures(
    terminal: Terminal, stack: Stack, first_row: int, effort: Effort, aims: Aims
) -> list[Figure]:
    # With such pauses the cursor sometimes rests long enough for the row's log to be opened.
    walking, presses = (0.05, 0.25), effort.presses
    idle = walk(terminal, first_row, presses, walking)
    terminal.bytes_per_second = SLOW_BYTES
    slow = walk(terminal, first_row, presses, walking)
    terminal.bytes_per_second = None
    terminal.press("g")
    terminal.record(2)  # the talker's log is opened
    with stack.talking(FLOOD_LINES):
        terminal.record(3)
        # Never long enough for another row's log: the flooded one stays on the screen.
        flood = walk(terminal, first_row, presses, (0.03, 0.09))
        painted = sum(len(chunk.data) for chunk in terminal.record(2)) / 2
        screen = Screen()
        terminal.press("g\x0c")  # all of it anew: only what changed was painted before
        screen.show(b"".join(chunk.data for chunk in terminal.record(1)))
        if not any("agent=benchmark" in line for line in screen.lines):
            raise MeasureFailed("the flooded log was not on the screen any more")
    return [
        *_key_figures("idle", idle, aims.key_p50, aims.key_p95),
        Figure("terminal output a key, idle", idle.bytes_per_key, "bytes"),
        *_key_figures(f"in {FLOOD_LINES:,} lines/s", flood, aims.key_p50, aims.flood_p95),
        Figure(f"terminal output in {FLOOD_LINES:,} lines/s", painted, "bytes/s"),
        *_key_figures(f"read at {SLOW_BYTES // 1000} kB/s", slow, aims.slow_p50, aims.slow_p95),
    ]


def _key_figures(name: str, walked: Walk, p50: float | None, p95: float | None) -> list[Figure]:
    label, latencies = f"key to screen, {name}", walked.latencies
    return [
        Figure(f"{label}, p50", percentile(latencies, 50), "ms", p50),
        Figure(f"{label}, p95", percentile(latencies, 95), "ms", p95),
        Figure(f"{label}, p99", percentile(latencies, 99), "ms"),
    ]


def version_figure(runs: int = 10) -> Figure:
    """How long `pixel-tui --version` takes."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run([*console_argv(), "--version"], check=True, capture_output=True)
        took.append(time.perf_counter() - began)
    return Figure("pixel-tui --version, median", median(took), "s", VERSION_AIM)
