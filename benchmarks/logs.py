"""Measure logs against the docker program: `python -m benchmarks.logs`."""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import psutil

from benchmarks.figures import Figure, percentile, table
from benchmarks.measures import MeasureFailed, console, walk
from benchmarks.screen import Screen
from benchmarks.stack import Stack, engine_processes, measured_engine, quiet_services, running_stack
from benchmarks.terminal import Chunk, Terminal
from pixel_tui.logs.annotations import Annotations
from pixel_tui.logs.history_search import HistorySearch
from pixel_tui.logs.search import FilterStack, Matcher, Query, compile_query
from pixel_tui.logs.shown import FilteredLines, View
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import Endpoint
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.feed.merge import LineMerger
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.times import format_timestamp
from pixel_tui.text import plain
from tests.engine.private_engine import BASE_IMAGE, CommandFailed, EngineUnavailable, eventually

ROUNDS: Final = 3
BUFFERED: Final = 100_000
MIB: Final = 1024 * 1024
_WORDS: Final = "GET /api/v1/things 200 in 12 ms, from 10.0.0.1, agent=benchmark, cache=miss"
_TALK: Final = (
    """awk 'BEGIN {{ for (i = 0; i < {count}; i++) printf "line %07d {words} %s\\n", i, """
    """(i % 100000 == 77777 ? "needle" : "nothing"); }}'; sleep 1000000000"""
)
NEEDLE: Final = "needle$"


def _long(name: str, count: int) -> dict[str, dict[str, object]]:
    """A service with so many lines of 120 bytes, and one before it that says nothing."""
    quiet: dict[str, object] = {"image": BASE_IMAGE, "command": ["sleep", "1000000000"]}
    talk = _TALK.format(count=count, words=_WORDS)
    return {"a-quiet": quiet, name: {"image": BASE_IMAGE, "command": ["sh", "-c", talk]}}


class LongLog:
    """A container with a long log, and the engine that keeps it.

    Args:
        stack: The stack.
        service: The container's service.
        count: How many lines it has.
    """

    def __init__(self, stack: Stack, service: str, count: int) -> None:
        self._stack = stack
        self.service = service
        self.count = count
        self.id = stack.project.container(service)
        last = f"line {count - 1:07}"
        eventually(lambda: last in stack.project.logs(service, 1)[-1], timeout=300)
        self.engine = DockerEngine(Endpoint(stack.engine.host, plain("bench")))
        self.container: Container = parse_container(self.engine.inspect(self.id))

    @property
    def history(self) -> LogHistory:
        """Its past."""
        return LogHistory(self.engine, [self.container])

    def docker(self, command: str) -> tuple[float, float]:
        """Seconds, and processor seconds, of `docker logs` with something behind it."""
        before, began = _children(), time.perf_counter()
        engine = self._engine_seconds()
        done = subprocess.run(
            ["sh", "-c", f"docker logs {self.id} 2>&1 {command}"],
            env=self._stack.engine.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode > 1:
            raise MeasureFailed("docker logs failed")
        took = time.perf_counter() - began
        return took, _children() - before + self._engine_seconds() - engine

    def ours(self, work: Callable[[], object]) -> tuple[float, float]:
        """Seconds and processor seconds of something done here, the engine's share included."""
        before, engine, began = time.process_time(), self._engine_seconds(), time.perf_counter()
        work()
        took = time.perf_counter() - began
        return took, time.process_time() - before + self._engine_seconds() - engine

    def _engine_seconds(self) -> float:
        return sum(sum(item.cpu_times()[:2]) for item in engine_processes(self._stack.engine))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def reading(log: LongLog) -> list[Figure]:
    """All of a log into a buffer, against the docker program."""

    def read() -> None:
        ring = Ring()
        for lines in log.history.batches(log.container, None):
            ring.extend(lines)

    docker, own = [], []
    for _ in range(ROUNDS):
        docker.append(log.docker(">/dev/null"))
        own.append(log.ours(read))
    rate, theirs = _rates(log, own), _rates(log, docker)
    return [
        Figure(f"docker logs, {log.count:,} lines", theirs, "lines/s"),
        Figure("into the buffer", rate, "lines/s"),
        Figure("docker's time by ours (more is better; at least 0.9)", rate / theirs, ""),
        Figure("processor by docker's and the engine's", _ratio(own, docker, 1), "", 1.5),
    ]


def searching(log: LongLog) -> list[Figure]:
    """A rare expression in all of a log, against `grep -c`."""
    matcher = compile_query(Query(NEEDLE, regex=True))
    words = compile_query(Query("needle"))
    if not (isinstance(matcher, Matcher) and isinstance(words, Matcher)):
        raise MeasureFailed("no pattern")

    def search(what: Matcher) -> None:
        found = HistorySearch(log.history, [log.container], what)
        found.run()
        if found.progress.matches != log.count // 100_000:
            raise MeasureFailed(f"{found.progress.matches} found")

    docker, own, plain_words = [], [], []
    for _ in range(ROUNDS):
        docker.append(log.docker(f"| grep -cE '{NEEDLE}'"))
        own.append(log.ours(lambda: search(matcher)))
        plain_words.append(log.ours(lambda: search(words)))
    return [
        Figure(f"docker logs | grep -c, {log.count:,} lines", _median(docker, 0), "s"),
        Figure("search for the same expression", _median(own, 0), "s"),
        Figure("by docker's", _ratio(own, docker, 0), "", 1.3),
        Figure("search for words, by docker's", _ratio(plain_words, docker, 0), "", 1.3),
    ]


def paging(log: LongLog) -> list[Figure]:
    """A page of older lines, near the end and far from it."""
    history = log.history
    first = history.before(b"", 1000).lines[0]
    near = log.ours(lambda: history.before(first.stamp, 2000, {first.source: first}))
    middle = log.history.reader().read(log.count // 5).lines[-1]
    far = log.ours(lambda: history.before(middle.stamp, 2000, {middle.source: middle}))
    start = log.ours(lambda: log.history.reader().read(2000))
    return [
        Figure("2,000 older lines, near the end", near[0], "s"),
        Figure("2,000 older lines, four fifths back", far[0], "s"),
        Figure("the first 2,000 lines", start[0], "s", 1.0),
    ]


def opening(stack: Stack, log: LongLog) -> list[Figure]:
    """The console opens a long log, goes to its first line, and to its last again."""
    last_line, screen = f"line {log.count - 1:07}", Screen()
    with console(stack) as terminal:
        screen.show(b"".join(chunk.data for chunk in terminal.record(4)))
        process = psutil.Process(terminal.pid)
        before = process.memory_info().rss
        opened = _until(terminal, screen, "j", last_line)
        screen.show(b"".join(chunk.data for chunk in _pressed(terminal, "2")))
        first = _until(terminal, screen, "g", "line 0000000")
        last = _until(terminal, screen, "G", last_line)
        terminal.record(2)
        grown = (process.memory_info().rss - before) / MIB
    return [
        Figure(f"last of {log.count:,} lines on the screen", opened, "s", 0.3),
        Figure("the very first one, after g", first, "s", 1.0),
        Figure("the last one again, after G", last, "s"),
        Figure("memory growth by all that", grown, "MiB", 40),
    ]


def _pressed(terminal: Terminal, key: str, seconds: float = 3) -> Sequence[Chunk]:
    terminal.press(key)
    return terminal.record(seconds)


def _until(terminal: Terminal, screen: Screen, key: str, wanted: str) -> float:
    """Press a key; seconds until a text stands on the screen.

    Only what changes is painted, so that it takes an emulator to tell; it is shown the
    recording afterwards.
    """
    pressed = time.perf_counter()
    seen_at: float | None = None
    for chunk in _pressed(terminal, key):
        screen.show(chunk.data)
        if seen_at is None and any(wanted in line for line in screen.lines):
            seen_at = chunk.at
    if seen_at is not None:
        return seen_at - pressed
    raise MeasureFailed(f"{wanted} was not painted: {[line for line in screen.lines if line]}")


def flooding(stack: Stack, presses: int) -> list[Figure]:
    """Keys while lines flood in."""
    figures = []
    for rate, aim in ((20_000, 50.0), (1_000_000, 100.0)):
        with console(stack) as terminal:
            screen = Screen()
            screen.show(b"".join(chunk.data for chunk in terminal.record(5)))
            row = screen.cursor_row
            if row is None:
                raise MeasureFailed("the table has no cursor")
            with stack.talking(rate):
                terminal.record(4)
                walked = walk(terminal, row, presses, (0.03, 0.09))
        name = f"{rate:,} lines/s" if rate < 1_000_000 else "all that the engine can send"
        figures += [
            Figure(f"key to screen, {name}, p50", percentile(walked.latencies, 50), "ms"),
            Figure(f"key to screen, {name}, p95", percentile(walked.latencies, 95), "ms", aim),
        ]
    return figures


def buffered() -> list[Figure]:
    """Filtering a full buffer anew, and merging twelve containers."""
    lines = [
        LogLine(
            format_timestamp(at * 1000), "api", LineKind.STDOUT, f"INFO line {at} {_WORDS}".encode()
        )
        for at in range(BUFFERED)
    ]
    known = Annotations()
    known.append(lines)
    shown = FilteredLines(known, lambda start, stop: lines[start:stop])
    took = []
    for text in ("line 7", "cache", "nothing of that"):
        matcher = compile_query(Query(text))
        if isinstance(matcher, Matcher):
            began = time.perf_counter()
            shown.set_view(View(FilterStack((matcher,))))
            took.append((time.perf_counter() - began) * 1000)
    seconds = 5
    batches = [
        (step / 20, _said(source, step)) for step in range(seconds * 20) for source in range(12)
    ]
    merge, ring, out = LineMerger(), Ring(), list[LogLine]()
    began = time.process_time()
    for now, batch in batches:
        ready = merge.feed(batch, now)
        ring.extend(ready)
        out += ready
    spent = (time.process_time() - began) / seconds
    if [line.stamp for line in out] != sorted(line.stamp for line in out):
        raise MeasureFailed("the merged lines were not in order")
    return [
        Figure(f"{BUFFERED:,} lines filtered anew, the longest of 3", max(took), "ms", 150),
        Figure("merging 12 x 1,000 lines/s, of a core", spent, "", 0.3),
    ]


def _said(source: int, step: int) -> list[LogLine]:
    """What a container says in a twentieth of a second, at 1,000 lines a second."""
    at = step * 50_000_000
    return [
        LogLine(format_timestamp(at + number), f"c{source}", LineKind.STDOUT, b"x" * 120)
        for number in range(50)
    ]


def _rates(log: LongLog, runs: Sequence[tuple[float, float]]) -> float:
    return log.count / _median(runs, 0)


def _median(runs: Sequence[tuple[float, float]], at: int) -> float:
    return statistics.median(run[at] for run in runs)


def _ratio(
    ours: Sequence[tuple[float, float]], theirs: Sequence[tuple[float, float]], at: int
) -> float:
    """The median of the ratios within each round: the machine may be slower in the next."""
    return statistics.median(own[at] / other[at] for own, other in zip(ours, theirs, strict=True))


def main() -> int:
    """Measure and print; returns 0 whatever the figures are."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.logs",
        description="Measures logs on an engine of its own, against the docker program.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the long log")
    parser.add_argument("--presses", type=int, default=100)
    arguments = parser.parse_args()
    figures: list[Figure] = []

    def show(title: str, found: list[Figure]) -> None:
        print(f"\n{table(title, found)}", flush=True)
        figures.extend(found)

    try:
        show("a full buffer", buffered())
        with measured_engine() as engine:
            with running_stack(engine, lambda _: _long("half", arguments.lines // 2)) as stack:
                show("reading", reading(LongLog(stack, "half", arguments.lines // 2)))
            with running_stack(engine, lambda _: _long("long", arguments.lines)) as stack:
                log = LongLog(stack, "long", arguments.lines)
                show("the past", paging(log))
                show("searching", searching(log))
                show("opening", opening(stack, log))
            with running_stack(engine, lambda pipes: quiet_services(6, pipes)) as stack:
                show("a flood", flooding(stack, arguments.presses))
    except (EngineUnavailable, CommandFailed, MeasureFailed) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    if arguments.json is not None:
        found = {"figures": [item.as_json() for item in figures]}
        arguments.json.write_text(f"{json.dumps(found, indent=2)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
