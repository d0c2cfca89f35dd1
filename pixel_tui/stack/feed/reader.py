"""Reads the log of one container, run by run, on its own thread.

A followed stream ends with the run of the process in which it was opened. Then the lines written
since (the last lines of the run, and runs that came and went meanwhile) are read up to now, and
exits and starts are marked between the lines before any of them is passed on. Runs shorter than the
snapshot is old are known only to the engine. It is asked for them after the lines were read, so
that it knows every run that has lines. If it reports a new exit or start, there may be more lines
of that run, which are read first.

A broken stream is reopened from the last timestamp. Overlapping lines are dropped by comparing
timestamp and text, so that no line is lost or duplicated.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from pixel_tui.errors import EngineError, EngineRefused
from pixel_tui.stack.feed.container_runs import RunProgress, exit_of_removed
from pixel_tui.stack.feed.frames import splitter
from pixel_tui.stack.feed.limits import FollowLimits
from pixel_tui.stack.feed.marks import RunReader, StateMarks, new_boundaries
from pixel_tui.stack.feed.overlap import ReadPosition
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.feed.supervision import Supervision
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.source import ByteStream, EngineReader, LogRequest
from pixel_tui.stack.model.times import unix_time
from pixel_tui.text import NO_TEXT, SafeText

log = logging.getLogger(__name__)

FULL_CHUNK: Final = 32 * 1024
"""A chunk of this size means that more data is already waiting."""
GATHER_SECONDS: Final = 0.02
"""Pause after a smaller chunk, so that more lines arrive together."""
MAX_HELD_BYTES: Final = 4 * 1024 * 1024
"""Bytes of lines that are held until their runs are known."""


class ContainerReader:
    """Reads the log of one container and keeps the position.

    The supervisor calls `update` whenever the stack has changed. That starts the thread
    "log-NAME" if there is anything to read; the thread ends when there is no more. While it runs,
    `reading` is set, and only the thread uses the position. The lock of `supervision` guards the
    end of `reading` and the open stream.

    Args:
        container: The container.
        engine: The engine to read from.
        runs: Reads the runs of its process.
        sink: Receives the lines, and the marks between them, in order.
        supervision: Reports when following is over, and is woken when a thread ends.
        limits: The delays before retries.
        tail: The number of past lines to start with; None for all.
        reached: The position to continue from.
    """

    def __init__(
        self,
        container: Container,
        *,
        engine: EngineReader,
        runs: RunReader,
        sink: Callable[[Sequence[LogLine]], None],
        supervision: Supervision,
        limits: FollowLimits,
        tail: int | None,
        reached: ReadPosition,
    ) -> None:
        self.container = container
        """Its last known state."""
        self.reading = False
        """Whether the thread runs."""
        self.opened = False
        """Whether the thread has ever run."""
        self.refused: SafeText = NO_TEXT
        """Why the engine refused the log the last time; empty if it did not."""
        self._engine = engine
        self._runs = runs
        self._sink = sink
        self._supervision = supervision
        self._limits = limits
        self._tail = tail
        self._reached = reached
        self._states = StateMarks()
        self._run: RunProgress | None = None
        """The run up to which it was read; None before it was opened."""
        self._failures = 0
        self._retry_at = 0.0
        self._stream: ByteStream | None = None

    @property
    def live(self) -> bool:
        """Whether the log is open and its container runs."""
        return self._stream is not None and self.container.running

    def update(self, container: Container) -> float | None:
        """Pass on marks for changes of state, and start to read if there is anything to read.

        Args:
            container: Its present state.

        Returns:
            The seconds until a retry is due; None if none is needed.
        """
        self.container = container
        for mark in self._states.changes(container, self._reached.stamp):
            self._sink([mark])
        if self.reading:
            return None
        run = self._run
        is_new = run is not None and not run.is_up_to_date(container)
        if run is not None and run.exited and not (is_new or self._failures):
            return None  # read to its end: there is no more until it runs again
        wait = self._retry_at - time.monotonic()
        if wait > 0 and (self._failures or not is_new):
            return wait
        self.opened = self.reading = True
        threading.Thread(
            target=self._read, args=(container,), name=f"log-{container.name}", daemon=True
        ).start()
        return None

    def close_stream(self) -> None:
        """Close the stream, so that the thread ends after reading what was received."""
        stream = self._stream
        if stream is not None:
            stream.close()

    # On the thread.

    def _read(self, container: Container) -> None:
        try:
            self._read_runs(container)
            self._failures, self.refused = 0, NO_TEXT
            self._retry_at = time.monotonic() + self._limits.settle_seconds
        except EngineError as error:
            if isinstance(error, EngineRefused) and error.status == HTTPStatus.NOT_FOUND:
                self._mark_removed(container)
            elif not self._supervision.closed:
                log.info("the log of %s was interrupted: %s", container.name, error)
            self._retry_later(error.what if isinstance(error, EngineRefused) else "")
        except Exception:
            log.exception("reading the log of %s failed", container.name)
            self._retry_later("")
        finally:
            with self._supervision.lock:
                self.reading = False
                self._stream = None
                self._supervision.wake()

    def _read_runs(self, container: Container) -> None:
        """Read the log run by run until the last one has exited.

        Raises:
            EngineError: The engine can't be reached.
        """
        run, first = self._run, self._run is None
        if run is None:
            run = self._run = RunProgress(container.started_at or datetime.now(UTC))
        if not (first and container.running):
            container = self._catch_up(run, container)
        while container.running and not self._supervision.closed:
            followed = run.started
            # If it has never restarted by itself, the snapshot certainly shows this run.
            self._follow_run(run, container, sure=first and not container.restarts)
            first = False
            container = self._catch_up(run, container)
            if run.started == followed and container.running:
                return  # the stream ended, but the container runs: reopen it after a pause

    def _follow_run(self, run: RunProgress, container: Container, *, sure: bool) -> None:
        """Pass on lines until this run exits; none if it has already exited."""
        for lines in self._batches(container, follow=True):
            if not sure:
                if self._runs.inspect(container.id).started_at != run.started:
                    self.close_stream()
                    return
                sure = True
            self._failures, self.refused = 0, NO_TEXT
            self._emit(lines)

    def _catch_up(self, run: RunProgress, container: Container) -> Container:
        """Read up to now, with marks for exits and starts.

        Returns:
            The present state of the container.

        Raises:
            EngineError: The engine can't be reached. Lines not passed on are read again later.
        """
        while True:
            held: list[LogLine] = []
            size = 0
            for lines in self._batches(container, follow=False):
                held += lines
                size += sum(len(line.text) for line in lines)
                if size > MAX_HELD_BYTES:
                    self._pass_on(run, self._runs.inspect(container.id), held)
                    held, size = [], 0
            now = self._runs.inspect(container.id)
            if self._supervision.closed or _same_run(container, now):
                self._pass_on(run, now, held)
                return now
            # It exited or started meanwhile: that run may have lines after the last one read.
            container = now

    def _pass_on(self, run: RunProgress, now: Container, lines: list[LogLine]) -> None:
        """Pass on lines, with the marks between them.

        Args:
            run: The run up to which the log was read.
            now: The container's state, read after the lines.
            lines: The lines in order.
        """
        if self._supervision.closed:
            return
        for boundary in new_boundaries(run, now, self._runs):
            split = next((at for at, line in enumerate(lines) if line.stamp > boundary.after), None)
            self._emit(lines[:split])
            lines = [] if split is None else lines[split:]
            self._sink(boundary.marks)
        self._emit(lines)
        run.advance(now)

    def _mark_removed(self, container: Container) -> None:
        """Mark the exit of the last run of a removed container."""
        run = self._run
        if run is None or run.exited or self._supervision.closed:
            return
        events = self._runs.run_events(container.id, run.since, None)
        for boundary in exit_of_removed(run, container, events):
            run.exited = True
            self._sink(boundary.marks)

    def _retry_later(self, refused: str) -> None:
        self.refused = SafeText(refused)
        self._failures += 1
        self._retry_at = time.monotonic() + self._limits.retry_pause(self._failures)

    def _batches(self, container: Container, *, follow: bool) -> Iterator[list[LogLine]]:
        """Yield the new lines of a log, up to now or for as long as its container runs."""
        since = unix_time(self._reached.since)
        first = self._limits.near_lines if since else self._tail
        for count in (first, None):
            stream = self._open(LogRequest(container.id, count, since, follow))
            cut = splitter(container.name, tty=container.tty)
            overlap = self._reached.overlap()
            while chunk := stream.read():
                lines = overlap.filter_new(cut.feed(chunk))
                if overlap.has_gap and count is not None:
                    stream.close()
                    break  # more lines than that were written meanwhile: read all
                yield lines
                if follow and len(chunk) < FULL_CHUNK:
                    # Waking up for each line under heavy logging would slow the program down.
                    self._supervision.pause(GATHER_SECONDS)
            else:
                yield overlap.filter_new(cut.flush())
                return

    def _open(self, request: LogRequest) -> ByteStream:
        stream = self._engine.logs(request)
        with self._supervision.lock:
            self._stream = stream
            closed = self._supervision.closed
        if closed:
            stream.close()
        elif request.follow:
            self._supervision.wake()  # it is live now
        return stream

    def _emit(self, lines: list[LogLine]) -> None:
        if lines:
            self._reached.advance(lines)
            self._sink(lines)


def _same_run(before: Container, now: Container) -> bool:
    """Return whether both are states of the same run."""
    return before.started_at == now.started_at and before.running == now.running
