"""Prints the lines of `pixel-tui logs`: past ones, and new ones as they come."""

import json
import queue
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from pixel_tui.commands.log_selection import GroupFilter, LogSelection, in_time_range
from pixel_tui.logs.level import LogLevel, level_of
from pixel_tui.redaction.known import LineMasker
from pixel_tui.stack.feed.feed import LogTarget
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.feed.merge import LineMerger
from pixel_tui.stack.feed.overlap import ReadPosition
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import Trouble
from pixel_tui.stack.model.times import parse_timestamp
from pixel_tui.stack.watch.watcher import Watcher
from pixel_tui.standard_streams import print_error_and_hint
from pixel_tui.text import plain, shown_line

PAGE: Final = 5000
IDLE_SECONDS: Final = 0.1
MAX_BATCHES: Final = 64
"""The most batches that wait to be printed; then reading the log blocks."""
_STREAMS: Final = {LineKind.STDOUT: "stdout", LineKind.STDERR: "stderr", LineKind.MARK: "console"}


def print_history(
    history: LogHistory, request: LogSelection, printer: "Printer", group_filter: GroupFilter
) -> Mapping[str, ReadPosition]:
    """Print past lines; returns how far each container was read, by its id.

    Raises:
        EngineError: The engine can't be reached.
    """
    positions: dict[str, ReadPosition] = {}
    if request.tail is not None:
        lines: list[LogLine] = []
        for container in history.containers:
            container_lines = history.last_of(container, request.tail)
            positions[container.id] = ReadPosition()
            positions[container.id].advance(container_lines)
            lines += [line for line in container_lines if in_time_range(line, request)]
        printer.print(group_filter.feed(sorted(lines, key=lambda line: line.stamp)))
        return positions
    reader = history.reader(request.since, until=request.until)
    complete = False
    while not complete:
        page = reader.read(PAGE)
        printer.print(group_filter.feed(page.lines))
        complete = page.complete
    return reader.positions()


class Printer:
    """Formats and writes lines.

    Args:
        containers: The containers, for the names of their services.
        request: How to print the lines.
        write: Writes text.
    """

    def __init__(
        self, containers: Sequence[Container], request: LogSelection, write: Callable[[str], object]
    ) -> None:
        self._services = {str(item.name): str(item.service) for item in containers}
        self._names = {str(item.name): item.name for item in containers}
        self._width = max((len(name) for name in self._names), default=0)
        self._as_json = request.as_json
        self._mask = LineMasker(revealed=not request.masked)
        self._write = write
        self.count = 0

    def print(self, lines: Iterable[LogLine]) -> None:
        """Print lines."""
        format_line = self._json if self._as_json else self._text
        text = [format_line(line) for line in lines]
        self.count += len(text)
        if text:
            self._write("\n".join(text) + "\n")

    def _text(self, line: LogLine) -> str:
        at = parse_timestamp(line.stamp)
        local = f"{at.astimezone():%Y-%m-%d %H:%M:%S}.{line.stamp[20:23].decode()}" if at else "-"
        text = shown_line(self._mask(line.text))
        if line.kind is LineKind.MARK:
            text = plain(f"── {text} ──")
        return f"{local} {plain(line.source):<{self._width}} {text}"

    def _json(self, line: LogLine) -> str:
        level = level_of(line.text)
        return json.dumps(
            {
                "time": line.stamp.decode("ascii", "replace") or None,
                "service": self._services.get(line.source),
                "container": line.source or None,
                "stream": _STREAMS[line.kind],
                "level": None if level is LogLevel.UNKNOWN else level.name.lower(),
                "text": self._mask(line.text).decode("utf-8", "replace"),
            },
            ensure_ascii=True,
        )


def print_new_lines(
    watcher: Watcher,
    request: LogSelection,
    positions: Mapping[str, ReadPosition],
    printer: Printer,
    group_filter: GroupFilter,
) -> None:
    """Print new lines, sorted by time stamp, until interrupted.

    If printing is slow, reading the log blocks.

    Args:
        watcher: Watches the stack.
        request: Which lines.
        positions: How far each container was read already, by its id.
        printer: Prints the lines.
        group_filter: Filters the lines.
    """
    batches: queue.Queue[Sequence[LogLine]] = queue.Queue(MAX_BATCHES)
    watcher.follow_into([LogTarget(name) for name in request.services], batches.put, positions)
    merge = LineMerger()
    reported: Trouble | None = None
    while True:
        trouble = watcher.snapshot.engine.trouble
        if trouble is not None and trouble != reported:
            print_error_and_hint(trouble.what, trouble.hint)
        reported = trouble
        try:
            lines = batches.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            printer.print(group_filter.feed(merge.feed((), time.monotonic())))
            if not merge.held:
                printer.print(group_filter.flush())
            continue
        printer.print(group_filter.feed(merge.feed(lines, time.monotonic())))
