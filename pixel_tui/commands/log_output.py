"""How `pixel-tui logs` prints lines: those of the past, and those that come."""

import json
import queue
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from pixel_tui.commands.log_selection import GroupFilter, LogRequest, within
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
WAITING_BATCHES: Final = 64
"""Batches that wait to be printed: a reader that is slower than the log holds it up."""
_STREAMS: Final = {LineKind.STDOUT: "stdout", LineKind.STDERR: "stderr", LineKind.MARK: "console"}


def print_past(
    history: LogHistory, request: LogRequest, printer: "Printer", chosen: GroupFilter
) -> Mapping[str, ReadPosition]:
    """Print what there is; returns how far each container was read, by its id.

    Raises:
        EngineError: The engine can't be asked.
    """
    reached: dict[str, ReadPosition] = {}
    if request.tail is not None:
        lines: list[LogLine] = []
        for container in history.containers:
            own = history.last_of(container, request.tail)
            reached[container.id] = ReadPosition()
            reached[container.id].advance(own)
            lines += [line for line in own if within(line, request)]
        printer.print(chosen.feed(sorted(lines, key=lambda line: line.stamp)))
        return reached
    reader = history.reader(request.since, until=request.until)
    complete = False
    while not complete:
        page = reader.read(PAGE)
        printer.print(chosen.feed(page.lines))
        complete = page.complete
    return reader.positions()


class Printer:
    """Lines to text.

    Args:
        containers: Whose lines; they tell the service.
        request: How they are printed.
        write: Where to.
    """

    def __init__(
        self, containers: Sequence[Container], request: LogRequest, write: Callable[[str], object]
    ) -> None:
        self._services = {str(item.name): str(item.service) for item in containers}
        self._names = {str(item.name): item.name for item in containers}
        self._width = max((len(name) for name in self._names), default=0)
        self._as_json = request.as_json
        self._mask = LineMasker(revealed=not request.masked)
        self._write = write
        self.count = 0

    def print(self, lines: Iterable[LogLine]) -> None:
        """Print them."""
        make = self._json if self._as_json else self._text
        text = [make(line) for line in lines]
        self.count += len(text)
        if text:
            self._write("\n".join(text) + "\n")

    def _text(self, line: LogLine) -> str:
        at = parse_timestamp(line.stamp)
        local = f"{at.astimezone():%Y-%m-%d %H:%M:%S}.{line.stamp[20:23].decode()}" if at else "-"
        words = shown_line(self._mask(line.text))
        if line.kind is LineKind.MARK:
            words = plain(f"── {words} ──")
        return f"{local} {plain(line.source):<{self._width}} {words}"

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


class Followed:
    """Gives lines that come to whoever prints them; blocks the log where he is slower."""

    def __init__(self) -> None:
        self._batches: queue.Queue[Sequence[LogLine]] = queue.Queue(WAITING_BATCHES)

    def sink(self, lines: Sequence[LogLine]) -> None:
        """Take lines, on the log's own threads."""
        self._batches.put(lines)

    def run(
        self,
        watcher: Watcher,
        request: LogRequest,
        reached: Mapping[str, ReadPosition],
        printer: Printer,
        chosen: GroupFilter,
    ) -> None:
        """Print what comes, in the order of the time stamps, until somebody interrupts.

        Args:
            watcher: Sees the stack.
            request: Whose lines.
            reached: What was printed already.
            printer: Prints them.
            chosen: Leaves lines out.
        """
        watcher.follow_into([LogTarget(name) for name in request.services], self.sink, reached)
        merge = LineMerger()
        told: Trouble | None = None
        while True:
            trouble = watcher.snapshot.engine.trouble
            if trouble is not None and trouble != told:
                print_error_and_hint(trouble.what, trouble.hint)
            told = trouble
            try:
                lines = self._batches.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                printer.print(chosen.feed(merge.feed((), time.monotonic())))
                if not merge.held:
                    printer.print(chosen.flush())
                continue
            printer.print(chosen.feed(merge.feed(lines, time.monotonic())))
